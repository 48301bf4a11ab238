// What the script finds in its folder: the payload files, fetched in parts and checked against the hash that the signed order names,
// and the facts of this machine.
import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { carry, valueOf } from '../disk/carried-failure.ts';
import { orAborted } from '../disk/concurrent.ts';
import { isSystemError } from '../disk/system-error.ts';
import { PAYLOAD_PART_BYTES } from '../protocol/messages.ts';
import type { RecipePayload } from '../protocol/recipe.ts';
import type { BuildOptions } from './types.ts';

/** Codes: `build.no-room`, `build.payload-damaged`, the station's; thrown, carried. */
export const fetchPayloads = async (
  folder: string,
  { order, fetchPayload, signal }: Pick<BuildOptions, 'order' | 'fetchPayload' | 'signal'>,
  onBytes: (bytes: number) => void,
): Promise<string> => {
  const payloads = join(folder, 'payloads');
  await mkdir(payloads);
  for (const payload of order.payloads) {
    const sha256 = await fetchOne(join(payloads, payload.name), payload, { fetchPayload, signal, onBytes }).catch((error: unknown) => {
      if (isSystemError(error) && error.code === 'ENOSPC') throw carry(noRoom(payload));
      throw error;
    });
    if (sha256 !== payload.sha256)
      throw carry({
        code: 'build.payload-damaged',
        message: `The payload ${payload.name} is not what the recipe names.`,
        next: "Look at the library's disk; then add the recipe again, with a higher version.",
      });
  }
  return payloads;
};

type Fetching = Pick<BuildOptions, 'fetchPayload' | 'signal'> & { readonly onBytes: (bytes: number) => void };

const fetchOne = async (
  path: string,
  { sha256, sizeBytes }: RecipePayload,
  { fetchPayload, signal, onBytes }: Fetching,
): Promise<string> => {
  const hash = createHash('sha256');
  await using file = await open(path, 'wx');
  for (let at = 0; at < sizeBytes;) {
    signal.throwIfAborted();
    const part = valueOf(await orAborted(fetchPayload(sha256, at), signal));
    // Less than all that was asked for can only be another file.
    if (part.length !== Math.min(PAYLOAD_PART_BYTES, sizeBytes - at)) return '';
    hash.update(part);
    for (let done = 0; done < part.length;) done += (await file.write(part, done)).bytesWritten;
    at += part.length;
    onBytes(part.length);
  }
  return hash.digest('hex');
};

const noRoom = ({ name, sizeBytes }: RecipePayload) => ({
  code: 'build.no-room',
  message: `This machine has too little memory for the payload ${name} (${sizeBytes} bytes).`,
  next: 'Payloads lie in memory while a script runs: make them smaller, or build on a machine with more.',
});

/** By name; what is filler is no fact. */
export const factsText = (facts: BuildOptions['order']['facts']): string =>
  `${JSON.stringify(Object.fromEntries(facts.filter(({ filler }) => !filler).map(({ name, value }) => [name, value])), null, 2)}\n`;
