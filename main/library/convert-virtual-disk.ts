// qcow2, VMDK, VHDX and VHD become raw through qemu-img, where this computer has it. Such files can name other files of this
// computer as their content; those are refused before anything is read.
import { execFile, spawn } from 'node:child_process';
import { rm, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { z } from 'zod';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { scratchPath } from './scratch.ts';
import type { SourceFormat } from './source-format.ts';
import { readVirtualDiskHeader } from './virtual-disk-header.ts';
import type { VirtualDiskFormat } from './virtual-disk-header.ts';

export const isVirtualDisk = (format: SourceFormat): format is VirtualDiskFormat => Object.hasOwn(QEMU_NAMES, format);

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
 * Writes a sparse raw file into `scratchFolder`; the caller removes it. `name` is what people call the file. Codes: `import.tool-missing`, `import.unsupported`,
 * `image.corrupt`, `image.truncated`, `import.no-room`, `job.cancelled`.
 */
export const convertVirtualDisk = async (
  path: string,
  format: VirtualDiskFormat,
  options: { readonly scratchFolder: string; readonly signal: AbortSignal | undefined; readonly name?: string },
): Promise<Result<{ readonly rawPath: string }>> => {
  const { name = basename(path) } = options;
  const header = await readVirtualDiskHeader(path, format);
  if (header === 'truncated') return truncated(name);
  if (header === 'corrupt') return marked(name);
  if (header !== 'whole') return header === 'encrypted' ? encrypted() : partOfDisk();
  const source = resolve(path);
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const info = await qemuImg(['info', '--output=json', ...openedAs(format, source)], signal, name);
  if (!info.ok) return info;
  const parsed = infoSchema.safeParse(JSON.parse(info.value));
  if (!parsed.success) return corrupt(name);
  const refused = refuseForeignFiles(parsed.data, source);
  if (refused !== undefined) return refused;
  if ((await endOfData(openedAs(format, source), signal)) > (await stat(path)).size) return truncated(name);
  const rawPath = scratchPath(options.scratchFolder);
  const converted = await qemuImg(['convert', '-O', 'raw', ...openedAs(format, source), rawPath], signal, name);
  if (converted.ok) return success({ rawPath });
  await rm(rawPath, { force: true });
  return converted;
};

/**
 * A VHD says twice how large it is: in bytes, and in cylinders, heads and sectors, which come to a little less. qemu-img takes the latter
 * where a maker is not on its list (VirtualBox is not), and would leave out the end of the disk with the second copy of its table.
 */
const openedAs = (format: VirtualDiskFormat, source: string): readonly string[] =>
  format === 'vhd'
    ? [`json:${JSON.stringify({ driver: 'vpc', force_size_calc: 'current_size', file: { driver: 'file', filename: source } })}`]
    : ['-f', QEMU_NAMES[format], `file:${source}`];

/**
 * Where the last piece of content ends in the file. What lies behind the end of a file that was cut is zeros to qemu-img, and no error.
 * Lines of a map are as many as the file has pieces; those that it could not finish are for the conversion to complain of.
 */
const endOfData = async (opened: readonly string[], signal: { readonly signal?: AbortSignal }): Promise<number> => {
  const child = spawn('qemu-img', ['map', '--output=json', ...opened], { ...signal, stdio: ['ignore', 'pipe', 'ignore'] });
  child.on('error', () => undefined);
  let end = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.includes('"data": true') || !line.includes('"zero": false')) continue;
    const [, length] = /"length": (\d+)/.exec(line) ?? [];
    const [, offset] = /"offset": (\d+)/.exec(line) ?? [];
    if (length !== undefined && offset !== undefined) end = Math.max(end, Number(offset) + Number(length));
  }
  return end;
};

/** Once more by what qemu-img makes of it, which knows more ways to name a file. */
const refuseForeignFiles = (info: z.infer<typeof infoSchema>, source: string): ReturnType<typeof failed> | undefined => {
  const data = info['format-specific']?.data;
  const extents = data?.extents ?? [];
  if (
    info['backing-filename'] !== undefined ||
    data?.['data-file'] !== undefined ||
    extents.some((extent) => !isSame(extent.filename, source))
  )
    return partOfDisk();
  return data?.encrypt === undefined ? undefined : encrypted();
};

const partOfDisk = (): ReturnType<typeof failed> =>
  failed(
    'import.unsupported',
    'The file is a part of a disk: the rest is in another file.',
    'Export the virtual machine’s disk as one file.',
  );
const encrypted = (): ReturnType<typeof failed> =>
  failed('import.unsupported', 'The virtual disk is encrypted.', 'Export it without encryption.');

const isSame = (filename: string, source: string): boolean => filename === source || filename === `file:${source}`;

const qemuImg = async (args: readonly string[], signal: { readonly signal?: AbortSignal }, name: string): Promise<Result<string>> => {
  try {
    const { stdout } = await run('qemu-img', [...args], { ...signal, maxBuffer: 16 * 1024 * 1024, timeout: 0 });
    return success(stdout);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'AbortError') return failed('job.cancelled', 'The import was cancelled.', 'Start it again when you like.');
    if ('code' in error && error.code === 'ENOENT')
      return failed(
        'import.tool-missing',
        `${name} is the disk of a virtual machine, and this computer has no qemu-img to read it with.`,
        'Install qemu-img (package qemu-utils), or convert the file to raw elsewhere.',
      );
    if (/log that needs to be replayed/i.test(error.message)) return unclosed(name);
    if (/not supported/i.test(error.message)) return unread(name);
    return /No space left/i.test(error.message)
      ? failed('import.no-room', 'There is no room to unpack the virtual disk.', 'Free some space in the temporary folder, then try again.')
      : corrupt(name);
  }
};

const truncated = (name: string): ReturnType<typeof failed> =>
  failed('image.truncated', `${name} ends too early: a part of the virtual disk is missing.`, 'Copy or export it again.');
const corrupt = (name: string): ReturnType<typeof failed> =>
  failed('image.corrupt', `${name} is damaged: qemu-img cannot read it.`, 'Copy or export it again.');
const marked = (name: string): ReturnType<typeof failed> =>
  failed(
    'image.corrupt',
    `${name} is marked as damaged by the program that used it last.`,
    'Copy or export it again, or mend it on a copy with: qemu-img check -r all',
  );
const unclosed = (name: string): ReturnType<typeof failed> =>
  failed(
    'image.corrupt',
    `${name} was not closed when it was used last: changes to it are still in its log.`,
    'Start its virtual machine once and shut it down, or have them carried out on a copy with: qemu-img check -r all',
  );
const unread = (name: string): ReturnType<typeof failed> =>
  failed(
    'import.unsupported',
    `${name} is of a kind that qemu-img does not read, such as a VHDX with sectors of 4096 bytes.`,
    'Write its disk out as raw or qcow2 with the program that made it, then import that.',
  );
