// Recipes from the command line: added from a folder, shown whole, switched, removed; and what a person may get wrong.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RecipeView } from '../../preload/contract/recipe.ts';
import { createCommandLab } from './station.ts';
import type { CommandLab } from './station.ts';

const SAMPLES = join(import.meta.dirname, '../../assets/recipes');
let lab: CommandLab;
let folder: string;

beforeAll(async () => {
  lab = await createCommandLab();
  folder = join(lab.folder, 'recipe');
  await mkdir(folder);
  await cp(join(SAMPLES, 'raw-image'), folder, { recursive: true });
  await writeFile(join(folder, 'disk.raw.gz'), 'a payload');
  await lab.serve();
}, 60_000);
afterAll(() => lab.stop());

const json = async <T>(...words: readonly string[]): Promise<T> => {
  const { code, stdout, stderr } = await lab.rackside(...words, '--json');
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
  return JSON.parse(stdout) as T;
};
const failing = async (code: string, ...words: readonly string[]): Promise<void> => {
  expect(await lab.rackside(...words)).toMatchObject({ code: 1, stderr: expect.stringContaining(`(${code})`) });
};
const policy = async (recipe: string): Promise<string> => {
  const file = join(lab.folder, `${recipe}.json`);
  await writeFile(file, JSON.stringify({ name: 'builds', rank: 1, when: { all: [] }, outcome: { kind: 'build', recipe }, consent: 'ask' }));
  return file;
};

test('a recipe is added, shown with its script, switched and removed; a policy that names it keeps it', async () => {
  expect((await lab.rackside('recipes', 'list')).stdout).toContain('There are no recipes.');
  await failing('policy.invalid', 'policies', 'add', await policy('raw-image'));
  expect(await lab.rackside('recipes', 'add', folder)).toMatchObject({ code: 0, stdout: 'Recipe raw-image version 1 is on.\n' });
  const [recipe] = await json<RecipeView[]>('recipes', 'list');
  expect(recipe).toMatchObject({ enabled: true, recipe: { id: 'raw-image', payloads: [{ name: 'disk.raw.gz', sizeBytes: 9 }] } });
  expect((await lab.rackside('recipes', 'list')).stdout).toMatch(/raw-image +1 +script +on +firmware\.kind +raw/);
  const { stdout } = await lab.rackside('recipes', 'show', 'raw-image');
  expect(stdout).toContain(recipe?.sha256);
  expect(stdout).toContain((await readFile(join(folder, 'install.sh'), 'utf8')).trim());

  await json('recipes', 'disable', 'raw-image');
  await failing('policy.invalid', 'policies', 'add', await policy('raw-image'));
  await json('recipes', 'enable', 'raw-image');
  await json('policies', 'add', await policy('raw-image'));
  expect(await lab.rackside('policies', 'add', await policy('raw-imag'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('outcome.recipe: unknown recipe "raw-imag", did you mean "raw-image"'),
  });
  await failing('recipe.in-use', 'recipes', 'remove', 'raw-image');
  await json('policies', 'remove', 'builds');
  await json('recipes', 'remove', 'raw-image');
  await failing('recipe.unknown', 'recipes', 'show', 'raw-image');
  const events = (await lab.rackside('events')).stdout;
  for (const text of ['added recipe "raw-image" version 1', 'switched recipe "raw-image" off', 'removed recipe "raw-image"'])
    expect(events).toContain(text);
});

test('a folder that is none, or has another content under a version that is taken, is refused', async () => {
  await failing('recipe.unreadable', 'recipes', 'add', lab.folder);
  await json('recipes', 'add', folder);
  await json('recipes', 'add', folder);
  await writeFile(join(folder, 'disk.raw.gz'), 'another payload');
  await failing('recipe.version-taken', 'recipes', 'add', folder);
});

test('one that runs a program on the station says as which user of it', async () => {
  const place = join(lab.folder, 'program');
  await mkdir(place);
  const program = {
    kind: 'command',
    id: 'program',
    version: 1,
    name: 'A program',
    matchOn: [],
    command: ['/bin/true'],
    output: 'disk.raw',
  };
  await writeFile(join(place, 'recipe.json'), JSON.stringify({ ...program, image: { name: 'of a program', labels: {} } }));
  await json('recipes', 'add', place);
  expect((await lab.rackside('recipes', 'show', 'program')).stdout).toContain(`runs as ${userInfo().username}, the user of the station`);
});

test('the samples are in order, save for the payloads that a person adds', async () => {
  for (const name of ['raw-image', 'debian-rootfs']) {
    const place = join(lab.folder, `sample-${name}`);
    await cp(join(SAMPLES, name), place, { recursive: true });
    await failing('recipe.unreadable', 'recipes', 'add', place);
    const { payloads, version } = JSON.parse(await readFile(join(place, 'recipe.json'), 'utf8')) as { payloads: string[]; version: number };
    for (const payload of payloads) await writeFile(join(place, payload), `payload ${payload}`);
    const text = await readFile(join(place, 'recipe.json'), 'utf8');
    await writeFile(join(place, 'recipe.json'), text.replace(`"version": ${version}`, `"version": ${version + 10}`));
    expect(await json<RecipeView>('recipes', 'add', place)).toMatchObject({ recipe: { id: name }, enabled: true });
  }
});
