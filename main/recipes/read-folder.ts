// A recipe's folder (recipe.json, its texts, payload files) becomes a recipe: the payloads go into the library, under their hash.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { SCRIPT_MOST_BYTES } from '../../agent/protocol/recipe.ts';
import type { RecipePayload } from '../../agent/protocol/recipe.ts';
import type { Recipe, RecipeFile } from '../../preload/contract/recipe.ts';
import type { Library } from '../library/library.ts';
import { checkRecipeFile, checkRecipeTexts, namedFiles } from './check-recipe.ts';

const RECIPE_MOST_BYTES = 256 * 1024;

/** Codes: `recipe.unreadable`, `recipe.invalid`, and those of the library. Nothing enters the library before all else is in order. */
export const readRecipeFolder = async (folder: string, library: Library, signal: AbortSignal): Promise<Result<Recipe>> => {
  const text = await readText(join(folder, 'recipe.json'), RECIPE_MOST_BYTES);
  if (!text.ok) return text;
  const file = checkRecipeFile(text.value);
  if (!file.ok) return file;
  const texts = await readTexts(folder, file.value);
  if (!texts.ok) return texts;
  const draft = checkRecipeTexts(recipeOf(file.value, texts.value));
  if (!draft.ok) return draft;
  for (const name of file.value.payloads) {
    const found = await sizeOf(join(folder, name));
    if (!found.ok) return found;
  }
  const payloads: RecipePayload[] = [];
  for (const name of file.value.payloads) {
    const kept = await library.keepPayload(join(folder, name), signal);
    if (!kept.ok) return kept;
    payloads.push({ name, ...kept.value });
  }
  return success({ ...draft.value, payloads });
};

type Texts = ReadonlyMap<string, string>;

/** All together travel in orders and are shown to people. */
const TEXTS_MOST_BYTES = 512 * 1024;

const readTexts = async (folder: string, file: RecipeFile): Promise<Result<Texts>> => {
  const texts = new Map<string, string>();
  let bytes = 0;
  for (const [place, name] of namedFiles(file)) {
    if (texts.has(name) || file.payloads.includes(name)) continue;
    const read = await readText(join(folder, name), SCRIPT_MOST_BYTES);
    if (!read.ok) return read;
    if (read.value.trim() === '' && file.kind === 'script')
      return failed('recipe.invalid', `${place}: the file is empty.`, 'Write the script, then add the recipe again.');
    bytes += Buffer.byteLength(read.value);
    texts.set(name, read.value);
  }
  return bytes <= TEXTS_MOST_BYTES ? success(texts) : unreadable(folder, `its texts have ${bytes} bytes, more than ${TEXTS_MOST_BYTES}`);
};

/** The recipe as it is kept, but for its payloads. */
const recipeOf = (file: RecipeFile, texts: Texts): Recipe => {
  const named = (name: string) => ({ name, text: texts.get(name) ?? '' });
  switch (file.kind) {
    case 'script':
      return { ...file, script: texts.get(file.script) ?? '', payloads: [] };
    case 'command':
      return { ...file, files: file.files.map(named), payloads: [] };
    case 'installer':
      return { ...file, answers: file.answers.map(named), payloads: [] };
    case 'compose': {
      const { seed, partitions, ...rest } = file;
      const filled = Object.entries(seed ?? {}).flatMap(([key, name]) =>
        name === undefined ? [] : [[key, texts.get(name) ?? ''] as const],
      );
      return {
        ...rest,
        payloads: [],
        ...(seed === undefined ? {} : { seed: { userData: '', ...Object.fromEntries(filled) } }),
        partitions: partitions.map(({ files, ...one }) => ({
          ...one,
          files: Object.entries(files).map(([path, name]) =>
            file.payloads.includes(name) ? { path, payload: name } : { path, text: texts.get(name) ?? '' },
          ),
        })),
      };
    }
  }
};

const sizeOf = async (path: string): Promise<Result<number>> => {
  try {
    const found = await stat(path);
    return found.isFile() ? success(found.size) : unreadable(path, 'it is no file');
  } catch (error) {
    return unreadable(path, error instanceof Error && 'code' in error ? String(error.code) : String(error));
  }
};

const readText = async (path: string, mostBytes: number): Promise<Result<string>> => {
  const size = await sizeOf(path);
  if (!size.ok) return size;
  if (size.value > mostBytes) return unreadable(path, `it has ${size.value} bytes, more than ${mostBytes}`);
  try {
    return success(new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)));
  } catch (error) {
    return unreadable(path, error instanceof Error && 'code' in error ? String(error.code) : String(error));
  }
};

const unreadable = (path: string, why: string): ReturnType<typeof failed> =>
  failed(
    'recipe.unreadable',
    `${path} cannot be read: ${why}.`,
    'A recipe is a folder with recipe.json, the texts that it names and its payload files.',
  );
