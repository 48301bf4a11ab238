// Recipes on the station: the gate, versions, and payload files in a library, with what a person may get wrong.
import { createHash } from 'node:crypto';
import { mkdtemp, mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { openDatabase } from '../../main/database/open.ts';
import type { Database } from '../../main/database/open.ts';
import { openLibrary } from '../../main/library/library.ts';
import type { Library } from '../../main/library/library.ts';
import { checkRecipeFile } from '../../main/recipes/check-recipe.ts';
import { readRecipeFolder } from '../../main/recipes/read-folder.ts';
import { createRecipes } from '../../main/recipes/recipes.ts';
import type { ScriptRecipe } from '../../preload/contract/recipe.ts';
import { code, value } from '../journey/rig.ts';

const file = (change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  id: 'web',
  version: 1,
  name: 'Web',
  matchOn: ['manufacturer', 'memory.size'],
  script: 'install.sh',
  payloads: ['data.bin'],
  image: { name: 'web', labels: { role: 'web' } },
  ...change,
});
const PAYLOAD = Buffer.from('payload '.repeat(300_000));
const never = new AbortController().signal;

describe('the gate', () => {
  test.each<[Readonly<Record<string, unknown>>, string]>([
    [{ matchOn: ['firmware'] }, 'matchOn[0]: unknown fact "firmware", did you mean "firmware.kind"'],
    [{ matchOn: ['manufacterer'] }, 'matchOn[0]: unknown fact "manufacterer", did you mean "manufacturer"'],
    [{ matchOn: ['model', 'model'] }, 'matchOn[1]: "model" is there twice'],
    [{ id: 'Web' }, 'id: "Web" is not small letters, digits and hyphens'],
    [{ kind: 'scirpt' }, 'kind: "scirpt" is not "script", "compose"'],
    [{ script: undefined }, 'script: is missing: the plain name of a file'],
    [{ payload: ['a'] }, 'unknown field "payload", did you mean "payloads"'],
    [{ disk: { minSize: '1 TB' } }, 'disk: unknown field "minSize"'],
    [{ disk: { kind: 'ssd', Serial: 'S1' } }, 'disk: unknown field "Serial", did you mean "serial"'],
    [{ matchOn: 'model' }, 'matchOn: "model" is not a list of at most 20 facts'],
    [{ version: '1' }, 'version: "1" is not a whole number from 1 on without quotes'],
    [{ timeLimitMinutes: 0 }, 'timeLimitMinutes: '],
    [{ script: '../install.sh' }, 'script: must be the plain name'],
    [{ payloads: ['a/b'] }, 'payloads[0]: must be the plain name'],
    [{ payloads: ['a', 'a'] }, 'payloads[1]: "a" is there twice'],
    [{ image: { name: 'web', labels: { 'a=b': 'c' } } }, 'image.labels.a=b: is no label'],
    [{ surprise: 1 }, 'surprise'],
  ])('%j is refused with its place', (change, words) => {
    const checked = checkRecipeFile(JSON.stringify(file(change)));
    expect(checked).toMatchObject({ ok: false, failure: { code: 'recipe.invalid', message: expect.stringContaining(words) as string } });
  });
  test('what is no JSON is refused by line, and so is a wrong field', () => {
    const message = (text: string): string => {
      const checked = checkRecipeFile(text);
      return checked.ok ? '' : checked.failure.message;
    };
    expect(message('{\n  "id": "web",\n}')).toMatch(/^recipe.json: line 3, column 1: /);
    const text = JSON.stringify(file({ image: { name: 7, labels: {} } }), null, 2);
    const line = text.split('\n').findIndex((one) => one.includes('"name": 7')) + 1;
    expect(message(text)).toContain(`line ${line}, image.name: 7 is not`);
  });
  test('input facts may make machines alike', () =>
    expect(checkRecipeFile(JSON.stringify(file({ matchOn: ['input.site'] }))).ok).toBe(true));
});

describe('a folder', () => {
  let folder: string;
  let library: Library;
  const write = async (change: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    await writeFile(join(folder, 'recipe', 'recipe.json'), JSON.stringify(file(change)));
  };
  const read = () => readRecipeFolder(join(folder, 'recipe'), library, never);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rackside-recipes-'));
    await mkdir(join(folder, 'recipe'));
    const signingKey = generateSigningKey();
    const trustedKeys = () => trustedKeysOf([Buffer.from(signingKey.publicKey)]);
    library = value(await openLibrary({ folder: join(folder, 'library'), signingKey, trustedKeys, workers: 0 }));
    await writeFile(join(folder, 'recipe', 'install.sh'), '#!/bin/sh\ntrue\n');
    await writeFile(join(folder, 'recipe', 'data.bin'), PAYLOAD);
    await write();
  });
  afterEach(async () => {
    await library.close();
    await rm(folder, { recursive: true });
  });

  test('becomes a recipe, and its payloads lie in the library under their hash, nothing beside them', async () => {
    const sha256 = createHash('sha256').update(PAYLOAD).digest('hex');
    expect(value(await read())).toMatchObject({
      script: '#!/bin/sh\ntrue\n',
      timeLimitMinutes: 30,
      payloads: [{ name: 'data.bin', sha256, sizeBytes: PAYLOAD.length }],
    });
    expect(value(await read()).payloads).toHaveLength(1);
    expect(await readdir(join(folder, 'library', 'payloads'))).toEqual([sha256]);
    expect(await readdir(join(folder, 'library', 'tmp'))).toEqual([]);
    const part = value(await library.payloadPart(sha256, 8, 8));
    expect(Buffer.from(part).toString()).toBe('payload ');
    // Cut off by a power loss, it is written again.
    await truncate(join(folder, 'library', 'payloads', sha256), 5);
    expect(code(await library.payloadPart(sha256, 0, 8))).toBe('library.torn');
    value(await read());
    expect(value(await library.payloadPart(sha256, PAYLOAD.length - 8, 8))).toHaveLength(8);
    expect(code(await library.payloadPart('0'.repeat(64), 0, 1))).toBe('recipe.payload-missing');
  });

  test('that lacks a file or has an empty script is refused, and nothing enters the library', async () => {
    await write({ payloads: ['data.bin', 'other.bin'] });
    expect(code(await read())).toBe('recipe.unreadable');
    await writeFile(join(folder, 'recipe', 'install.sh'), ' \n');
    expect(code(await read())).toBe('recipe.invalid');
    await rm(join(folder, 'recipe', 'recipe.json'));
    expect(code(await read())).toBe('recipe.unreadable');
    await expect(readdir(join(folder, 'library', 'payloads'))).rejects.toThrow(/ENOENT/);
  });

  test('may be stopped while a payload is copied', async () => {
    expect(code(await readRecipeFolder(join(folder, 'recipe'), library, AbortSignal.abort()))).toBe('recipe.cancelled');
    expect(await readdir(join(folder, 'library', 'tmp'))).toEqual([]);
  });
});

describe('versions', () => {
  let database: Database;
  const recipe = (change: Partial<ScriptRecipe> = {}): ScriptRecipe => ({
    id: 'web',
    version: 1,
    name: 'Web',
    kind: 'script',
    matchOn: [],
    timeLimitMinutes: 5,
    image: { name: 'web', labels: {} },
    note: '',
    script: 'true',
    payloads: [],
    ...change,
  });
  beforeEach(() => {
    database = value(openDatabase(':memory:'));
  });
  afterEach(() => void database.close());
  const open = () => createRecipes({ database, now: () => 7, onChange: () => undefined });

  test('the highest is used, and every one is kept over a restart', () => {
    const first = value(open().add(recipe(), 'Ada'));
    expect(first).toMatchObject({ enabled: true, addedBy: 'Ada', addedAtMs: 7 });
    const second = value(open().add(recipe({ version: 3, script: 'false' }), 'Bob'));
    const recipes = open();
    expect(recipes.list()).toEqual([second]);
    expect(recipes.current('web')).toEqual(second);
    expect(recipes.bySha256(first.sha256)?.recipe).toMatchObject({ script: 'true' });
  });
  test('the same again is no failure; other content, or an older version, is refused', () => {
    const recipes = open();
    const first = value(recipes.add(recipe({ version: 2 }), 'Ada'));
    expect(value(recipes.add(recipe({ version: 2 }), 'Bob'))).toEqual(first);
    expect(code(recipes.add(recipe({ version: 2, script: 'other' }), 'Ada'))).toBe('recipe.version-taken');
    expect(code(recipes.add(recipe({ version: 1 }), 'Ada'))).toBe('recipe.version-old');
  });
  test('it is switched off and on, and removed', () => {
    const recipes = open();
    value(recipes.add(recipe(), 'Ada'));
    expect(value(recipes.enable('web', false)).enabled).toBe(false);
    expect(open().current('web')?.enabled).toBe(false);
    expect(value(recipes.enable('web', true)).enabled).toBe(true);
    value(recipes.remove('web'));
    expect(open().list()).toEqual([]);
    expect([code(recipes.remove('web')), code(recipes.enable('web', true))]).toEqual(['recipe.unknown', 'recipe.unknown']);
  });
});
