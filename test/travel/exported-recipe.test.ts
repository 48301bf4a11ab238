// An image leaves its station together with the recipe that built it, and both are at work at another, which never saw the first library.
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startChunkPool } from '../../main/library/chunk-pool.ts';
import { noise } from '../image/real-disk.ts';
import { CHUNK, codeOf, filesOf, valueOf } from '../library/small-library.ts';
import { CONTEXT, addRecipeTo, smallStation } from './two-stations.ts';
import type { SmallStation } from './two-stations.ts';

/** Longer than the parts in which these stations keep payload files. */
const PAYLOAD = 'what the recipe unpacks. '.repeat(400);

const pool = startChunkPool(1);
let folder: string;
let ada: SmallStation;
let ben: SmallStation;
let osoid: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-exported-'));
});
beforeEach(async () => {
  const place = await mkdtemp(join(folder, 'test-'));
  ada = await smallStation({ folder: place, name: 'Ada', pool, libraries: ['library'] });
  ben = await smallStation({ folder: place, name: 'Ben', pool, libraries: ['other'] });
  await addRecipeTo(ada, { folder, version: 3, payload: PAYLOAD });
  await addRecipeTo(ada, { folder, version: 1, payload: 'of no concern', id: 'db' });
  const sourcePath = join(place, 'built.raw');
  await writeFile(sourcePath, noise('built', 3 * CHUNK));
  const recipe = { id: 'web', version: '3', matchOn: { model: 'R650' } };
  const built = { facts: { model: 'R650' }, recipe };
  osoid = valueOf(await ada.library.importImage({ sourcePath, name: 'web', allowNoPartitionTable: true, built })).osoid;
  expect(await ada.travel.settled()).toBeNull();
});
afterEach(async () => {
  await ada.stop();
  await ben.stop();
});
afterAll(async () => {
  await pool.stop();
  await rm(folder, { recursive: true });
});

const target = async (kind: 'folder' | 'file'): Promise<string> => {
  const place = await mkdtemp(join(folder, 'stick-'));
  return kind === 'folder' ? place : join(place, 'web.tar');
};
const named = () => ({ osoids: [osoid], documents: 'named' as const });
const payloadOf = (at: SmallStation) =>
  at.recipes.list().find(({ recipe }) => recipe.id === 'web')?.recipe.payloads[0] ?? expect.fail('no payload');

describe.each(['folder', 'file'] as const)('exported to a %s', (kind) => {
  test('the image comes with its recipe and payload file, switched off, and works once a person has looked', async () => {
    const path = await target(kind);
    const exported = valueOf(await ada.library.exportTo(path, named()));
    expect(exported.documents).toMatchObject({ added: [{ kind: 'recipe', name: 'web' }], payloads: 1, payloadBytes: PAYLOAD.length });

    ben.trust(ada.key);
    const merged = valueOf(await ben.library.merge(path));
    expect(merged).toMatchObject({ added: [{ manifest: { name: 'web', recipe: { id: 'web', version: '3' } } }], skipped: [] });
    expect(valueOf(await ben.library.list()).images.map((image) => image.osoid)).toEqual([osoid]);
    expect(ben.recipes.list()).toEqual([]);
    const [arrival, ...others] = await ben.arrived();
    expect(others).toEqual([]);
    expect(arrival).toMatchObject({ kind: 'recipe', name: 'web', station: 'Ada', change: 'new', trust: 'trusted', problem: null });

    const ref = { documentId: arrival?.documentId ?? '', name: 'web', seen: arrival?.hash ?? '', acceptUntrusted: false };
    valueOf(await ben.call['arrivals.enable'](ref, CONTEXT));
    expect(ben.recipes.current('web')).toMatchObject({ recipe: { ...ada.recipes.current('web')?.recipe }, enabled: true });
    const { sha256 } = payloadOf(ben);
    const parts: Uint8Array[] = [];
    for (let at = 0; at < PAYLOAD.length; at += 1000)
      parts.push(valueOf(await ben.library.payloadPart(sha256, at, Math.min(1000, PAYLOAD.length - at))));
    expect(Buffer.concat(parts).toString()).toBe(PAYLOAD);
    expect(valueOf(await ben.library.verify()).problems).toEqual([]);
  });

  test('by a station that is not known here it waits, and nobody has to take it', async () => {
    const path = await target(kind);
    valueOf(await ada.library.exportTo(path, named()));
    valueOf(await ben.library.merge(path));
    const [arrival] = await ben.arrived();
    expect(arrival).toMatchObject({ name: 'web', trust: 'unknown-key' });
    const ref = { documentId: arrival?.documentId ?? '', name: 'web', seen: arrival?.hash ?? '', acceptUntrusted: false };
    expect(codeOf(await ben.call['arrivals.enable'](ref, CONTEXT))).toBe('arrival.untrusted');
    expect(ben.recipes.list()).toEqual([]);
  });

  test('without its payload file the recipe cannot come: the export says so, and leaves no file that lacks it', async () => {
    const { sha256 } = payloadOf(ada);
    const library = join(ada.folder, 'library');
    for (const name of (await filesOf(library)).filter((one) => one.includes(sha256))) await rm(join(library, name));
    const path = await target(kind);
    expect(codeOf(await ada.library.exportTo(path, named()))).toBe('recipe.payload-missing');
    if (kind === 'file') await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
