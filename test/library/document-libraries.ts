// Libraries with documents and payload files in small parts, in a folder of the test file's own.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import type { SigningKey } from '../../agent/image/signature.ts';
import type { Library } from '../../main/library/library.ts';
import { noise } from '../image/real-disk.ts';
import { smallLibraries, valueOf } from './small-library.ts';
import type { SmallLibraries } from './small-library.ts';

export const PART_BYTES = 4096;
export const stranger = generateSigningKey();
export let folder: string;
/** From the file's first test on. */
export let small: SmallLibraries;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-documents-'));
  small = smallLibraries(folder);
});
afterEach(() => small.closeAll());
afterAll(async () => {
  await small.stop();
  await rm(folder, { recursive: true });
});
export const fresh = (what: string): string => `${what}-${count++}`;
export const open = (name: string, key: SigningKey = small.key): Promise<Library> => {
  const trustedKeys = trustedKeysOf([small.key.publicKey]);
  return small.open(name, { signingKey: key, trustedKeys: () => trustedKeys, payloadPartBytes: PART_BYTES });
};
export const said = { station: 'laptop', by: 'Ada', at: '2026-11-29T12:00:00.000Z' };
export const publish = async (library: Library, kind: string, name: string, body: Record<string, unknown> | null) =>
  valueOf(await library.publishDocument({ kind, name, body, ...said }, 1));
/** A payload file of so many bytes, by a word. */
export const keep = async (library: Library, word: string, sizeBytes: number) => {
  const path = join(folder, 'payload');
  await writeFile(path, noise(word, sizeBytes));
  return valueOf(await library.keepPayload(path, new AbortController().signal));
};
export const addRecipe = async (library: Library, id: string, version: number, word: string, sizeBytes: number) => {
  const payload = await keep(library, word, sizeBytes);
  return publish(library, 'recipe', id, { id, version, payloads: [{ name: 'root.tar', ...payload }] });
};
export const current = async (library: Library) => valueOf(await library.documents()).documents;
/** What a library says, whichever files say it. */
export const meaning = async (library: Library) => {
  const seen = [];
  for (const { id, payloads, trust } of await current(library)) {
    for (const { sha256, sizeBytes } of payloads) expect(await library.payloadSize(sha256)).toEqual({ ok: true, value: sizeBytes });
    seen.push([id, trust]);
  }
  return seen;
};
