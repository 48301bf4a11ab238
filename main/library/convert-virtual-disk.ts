// qcow2, VMDK, VHDX and VHD become raw through qemu-img, where this computer has it. Such files can name other files of this
// computer as their content; those are refused before anything is read.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { SourceFormat } from './source-format.ts';

export type VirtualDiskFormat = Extract<SourceFormat, 'qcow2' | 'vmdk' | 'vhdx' | 'vhd'>;
const QEMU_NAMES: Readonly<Record<VirtualDiskFormat, string>> = { qcow2: 'qcow2', vmdk: 'vmdk', vhdx: 'vhdx', vhd: 'vpc' };

const infoSchema = z.looseObject({
  'backing-filename': z.string().optional(),
  'format-specific': z
    .looseObject({
      data: z.looseObject({
        'data-file': z.string().optional(),
        encrypt: z.unknown().optional(),
        extents: z.array(z.looseObject({ filename: z.string() })).optional(),
      }),
    })
    .optional(),
});

const run = promisify(execFile);

/**
 * Writes a sparse raw file into `scratchFolder`; the caller removes it. Codes: `import.tool-missing`, `import.unsupported`,
 * `image.corrupt`, `job.cancelled`.
 */
export const convertVirtualDisk = async (
  path: string,
  format: VirtualDiskFormat,
  options: { readonly scratchFolder: string; readonly signal: AbortSignal | undefined },
): Promise<Result<{ readonly rawPath: string }>> => {
  const source = resolve(path);
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const info = await qemuImg(['info', '--output=json', '-f', QEMU_NAMES[format], `file:${source}`], signal, path);
  if (!info.ok) return info;
  const parsed = infoSchema.safeParse(JSON.parse(info.value));
  if (!parsed.success) return corrupt(path);
  const refused = refuseForeignFiles(parsed.data, source);
  if (refused !== undefined) return refused;
  const rawPath = join(options.scratchFolder, `rackside-import-${randomBytes(8).toString('hex')}.raw`);
  const converted = await qemuImg(['convert', '-f', QEMU_NAMES[format], '-O', 'raw', `file:${source}`, rawPath], signal, path);
  if (converted.ok) return success({ rawPath });
  await rm(rawPath, { force: true });
  return converted;
};

const refuseForeignFiles = (info: z.infer<typeof infoSchema>, source: string): ReturnType<typeof failed> | undefined => {
  const data = info['format-specific']?.data;
  const extents = data?.extents ?? [];
  if (
    info['backing-filename'] !== undefined ||
    data?.['data-file'] !== undefined ||
    extents.some((extent) => !isSame(extent.filename, source))
  )
    return failed(
      'import.unsupported',
      'The file is a part of a disk: the rest is in another file.',
      'Export the virtual machine’s disk as one file.',
    );
  if (data?.encrypt !== undefined) return failed('import.unsupported', 'The virtual disk is encrypted.', 'Export it without encryption.');
  return undefined;
};

const isSame = (filename: string, source: string): boolean => filename === source || filename === `file:${source}`;

const qemuImg = async (args: readonly string[], signal: { readonly signal?: AbortSignal }, path: string): Promise<Result<string>> => {
  try {
    const { stdout } = await run('qemu-img', [...args], { ...signal, maxBuffer: 16 * 1024 * 1024, timeout: 0 });
    return success(stdout);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'AbortError') return failed('job.cancelled', 'The import was cancelled.', 'Start it again when you like.');
    if ('code' in error && error.code === 'ENOENT')
      return failed(
        'import.tool-missing',
        `${basename(path)} is the disk of a virtual machine, and this computer has no qemu-img to read it with.`,
        'Install qemu-img (package qemu-utils), or convert the file to raw elsewhere.',
      );
    return /No space left/i.test(error.message)
      ? failed('import.no-room', 'There is no room to unpack the virtual disk.', 'Free some space in the temporary folder, then try again.')
      : corrupt(path);
  }
};

const corrupt = (path: string): ReturnType<typeof failed> =>
  failed('image.corrupt', `${basename(path)} is damaged: qemu-img cannot read it.`, 'Copy or export it again.');
