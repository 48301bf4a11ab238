// The boot kit as the station reads it: kit.json of the kit's folder, and whether every file it names is there.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

const sha256Text = z.string().regex(/^[0-9a-f]{64}$/);
const sizeBytes = z.number().int().nonnegative();
/** Relative, forward slashes, no `.` or `..` segment: the only paths that are ever joined with the kit's folder. */
const kitPath = z.string().regex(/^(?!.*(^|\/)\.{1,2}(\/|$))[\w.+-]+(\/[\w.+-]+)*$/);

const kitSchema = z.object({
  format: z.literal(1),
  kitId: z.string().min(1),
  kernelVersion: z.string(),
  files: z.array(z.object({ role: z.string(), path: kitPath, sizeBytes, sha256: sha256Text })),
  packages: z.array(z.object({ name: z.string(), version: z.string(), sha256: sha256Text })),
  httpBoot: z.object({ configOffset: sizeBytes, configSizeBytes: sizeBytes }),
});

export type KitFile = Readonly<z.infer<typeof kitSchema>['files'][number]>;
export type BootKit = Readonly<z.infer<typeof kitSchema>> & {
  /** Absolute path of the kit's folder. */
  readonly folder: string;
};

/** Without one of these some kind of firmware cannot boot. `usb` and `contents` are for people. */
export const servedRoles = ['shim', 'grub', 'mokmanager', 'ipxe-bios', 'kernel', 'stage1', 'stage2', 'http-boot'] as const;
export type ServedRole = (typeof servedRoles)[number];

const build = 'Build it: npm run bootkit.';

/** Reads kit.json and compares sizes (hashes: `verifyBootKit`). Failures `boot.kit-missing`, `boot.kit-unreadable`, `boot.kit-incomplete`. */
export const loadBootKit = async (folder: string): Promise<Result<BootKit>> => {
  const text = await readFile(join(folder, 'kit.json'), 'utf8').catch(() => null);
  if (text === null) return failed('boot.kit-missing', `There is no boot kit in ${folder}.`, 'Build it: run `npm run bootkit`.');
  const parsed = kitSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return failed(
      'boot.kit-unreadable',
      `The boot kit's kit.json is not readable: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}.`,
      build,
    );
  }
  const kit: BootKit = { ...parsed.data, folder };
  const absent = servedRoles.filter((role) => !kitFile(kit, role));
  if (absent.length > 0) return failed('boot.kit-incomplete', `The boot kit has no ${absent.join(', ')}.`, build);
  const { configOffset, configSizeBytes } = kit.httpBoot;
  if (configOffset + configSizeBytes > (kitFile(kit, 'http-boot')?.sizeBytes ?? 0))
    return failed('boot.kit-unreadable', 'The boot kit places grub.cfg outside http-boot.img.', build);
  const damaged = await damagedFiles(kit);
  if (damaged.length > 0)
    return failed('boot.kit-incomplete', `Boot kit files are missing or have another size: ${damaged.join(', ')}.`, build);
  return success(kit);
};

/** Names of files whose SHA-256 is not the one that kit.json says. Reads some 200 MB; a second or two. */
export const verifyBootKit = async (kit: BootKit, signal?: AbortSignal): Promise<readonly string[]> => {
  const wrong: string[] = [];
  for (const file of kit.files) if ((await hashFile(kitFilePath(kit, file), signal)) !== file.sha256) wrong.push(file.path);
  return wrong;
};

export const kitFile = (kit: BootKit, role: ServedRole): KitFile | undefined => kit.files.find((file) => file.role === role);

export const kitFilePath = (kit: BootKit, file: KitFile): string => join(kit.folder, ...file.path.split('/'));

const damagedFiles = async (kit: BootKit): Promise<readonly string[]> => {
  const damaged: string[] = [];
  for (const file of kit.files) {
    const found = await stat(kitFilePath(kit, file)).catch(() => null);
    if (found?.size !== file.sizeBytes) damaged.push(file.path);
  }
  return damaged;
};

const hashFile = async (path: string, signal: AbortSignal | undefined): Promise<string> => {
  const hash = createHash('sha256');
  try {
    for await (const part of createReadStream(path, { highWaterMark: 1024 * 1024, ...(signal ? { signal } : {}) }))
      hash.update(part as Buffer);
  } catch (error) {
    if (signal?.aborted) throw error;
    return 'unreadable';
  }
  return hash.digest('hex');
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
