// The gate every recipe passes when it is added: what does not parse or names an unknown fact is refused with its place and reason.
import { factDefinition } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { recipePayloadSchema } from '../../agent/protocol/recipe.ts';
import { recipeFileSchema } from '../../preload/contract/recipe.ts';
import type { Recipe, RecipeFile } from '../../preload/contract/recipe.ts';
import { parsePlaced } from '../written/json-places.ts';
import { schemaFindings } from '../written/schema-words.ts';
import { factHint } from '../matching/test-hints.ts';
import { RECIPE_WORDS } from './recipe-words.ts';
import { factsIn, stationNamesIn } from './template.ts';

const SHOWN_MAX = 5;
/** An image's manifest takes labels of so many letters, `key=value`. */
const LABEL_MOST = 64;

/** What `recipe.json` says, or `recipe.invalid` with every problem up to the fifth. */
export const checkRecipeFile = (text: string): Result<RecipeFile> => {
  const placed = parsePlaced(text);
  if (!placed.ok) return invalid([`recipe.json: ${placed.failure.message}`]);
  const { value, lineOf } = placed.value;
  const parsed = recipeFileSchema.safeParse(value);
  if (!parsed.success) {
    const findings = schemaFindings(parsed.error.issues, value, RECIPE_WORDS);
    return invalid(findings.map(({ path, reason }) => `line ${lineOf(path)}, ${path === '' ? 'the whole' : path}: ${reason}`));
  }
  const problems = [...factProblems(parsed.data), ...fileProblems(parsed.data), ...labelProblems(parsed.data)];
  return problems.length === 0 ? success(parsed.data) : invalid(problems);
};

const invalid = (problems: readonly string[]): ReturnType<typeof failed> => {
  const rest = problems.length > SHOWN_MAX ? `; and ${problems.length - SHOWN_MAX} more` : '';
  return failed('recipe.invalid', problems.slice(0, SHOWN_MAX).join('; ') + rest, 'Correct these places and add the recipe again.');
};

const factProblems = ({ matchOn }: RecipeFile): readonly string[] =>
  matchOn.flatMap((name, index) => {
    if (matchOn.indexOf(name) !== index) return [`matchOn[${index}]: "${name}" is there twice`];
    return factDefinition(name) === null ? [`matchOn[${index}]: unknown fact "${name}"${factHint(name)}`] : [];
  });

/** Every file that the recipe names, with its place in it. */
export const namedFiles = (file: RecipeFile): readonly (readonly [string, string])[] => {
  switch (file.kind) {
    case 'script':
      return [['script', file.script]];
    case 'compose':
      return [
        ...Object.entries(file.seed ?? {}).flatMap(([key, name]) => (name === undefined ? [] : [[`seed.${key}`, name] as const])),
        ...file.partitions.flatMap(({ files }, index) =>
          Object.entries(files).map(([path, name]) => [`partitions[${index}].files.${path}`, name] as const),
        ),
      ];
    case 'command':
      return file.files.map((name, index) => [`files[${index}]`, name] as const);
    case 'installer':
      return [
        ['kernel', file.kernel],
        ['initrd', file.initrd],
        ...(file.shim === undefined ? [] : [['shim', file.shim] as const]),
        ...(file.grub === undefined ? [] : [['grub', file.grub] as const]),
        ...file.answers.map((name, index) => [`answers[${index}]`, name] as const),
      ];
  }
};

const fileProblems = (file: RecipeFile): readonly string[] => {
  const { payloads } = file;
  const isPlain = (name: string): boolean => recipePayloadSchema.shape.name.safeParse(name).success;
  return [
    ...namedFiles(file).flatMap(([place, name]) =>
      isPlain(name) ? [] : [`${place}: must be the plain name of a file beside recipe.json`],
    ),
    ...payloads.flatMap((name, index) => {
      if (!isPlain(name)) return [`payloads[${index}]: must be the plain name of a file beside recipe.json`];
      return payloads.indexOf(name) === index ? [] : [`payloads[${index}]: "${name}" is there twice`];
    }),
    ...kindProblems(file),
  ];
};

/** What only recipes of one kind can get wrong. */
const kindProblems = (file: RecipeFile): readonly string[] => {
  if (file.kind === 'compose') {
    const labels = [...(file.seed === undefined ? [] : ['CIDATA']), ...file.partitions.map(({ label }) => label)];
    const twice = labels.filter((label, index) => labels.indexOf(label) !== index);
    const nothing = labels.length === 0 && file.grow === undefined;
    return [
      ...twice.map((label) => `partitions: "${label}" is there twice`),
      ...(nothing ? ['seed: a composed image has a seed, partitions, or something that grows: this one would be its base'] : []),
    ];
  }
  if (file.kind !== 'installer') return [];
  const notSent = ([place, name]: readonly [string, string | undefined]): readonly string[] =>
    name === undefined || file.payloads.includes(name) ? [] : [`${place}: "${name}" must be among the payloads`];
  return [
    ...(
      [
        ['kernel', file.kernel],
        ['initrd', file.initrd],
        ['shim', file.shim],
        ['grub', file.grub],
      ] as const
    ).flatMap(notSent),
    ...((file.shim === undefined) === (file.grub === undefined) ? [] : ['shim: shim and grub are given together or not at all']),
    ...(/\p{Cc}/u.test(file.commandLine) ? ['commandLine: must be one line'] : []),
    ...file.answers.flatMap((name, index) => (file.payloads.includes(name) ? [`answers[${index}]: "${name}" is a payload as well`] : [])),
  ];
};

const labelProblems = ({ image }: RecipeFile): readonly string[] =>
  Object.entries(image.labels).flatMap(([key, value]) =>
    key.length + value.length + 1 > LABEL_MOST || key.includes('=') ? [`image.labels.${key}: is no label`] : [],
  );

/** Names that a text may give in `{{station:…}}`, by kind of recipe. */
const STATION_NAMES: Readonly<Record<Recipe['kind'], readonly string[]>> = {
  script: [],
  compose: [],
  command: [],
  installer: ['address', 'answers', 'finished', 'disk', 'disk-serial'],
};

/** Once the texts are read: the facts that they name exist, and what a composed image depends on makes its machines alike. `recipe.invalid`. */
export const checkRecipeTexts = (recipe: Recipe): Result<Recipe> => {
  const problems = templateTexts(recipe).flatMap(([place, text]) => [
    ...factsIn(text).flatMap((name) => {
      if (factDefinition(name) === null) return [`${place}: unknown fact "${name}"${factHint(name)}`];
      if (recipe.kind !== 'compose' || recipe.matchOn.includes(name)) return [];
      return [`${place}: ${name} is used and is not in matchOn, so that like machines would all get the first one's value`];
    }),
    ...stationNamesIn(text).flatMap((name) =>
      STATION_NAMES[recipe.kind].includes(name) ? [] : [`${place}: the station has no "${name}" for a recipe of kind ${recipe.kind}`],
    ),
  ]);
  return problems.length === 0 ? success(recipe) : invalid(problems);
};

const templateTexts = (recipe: Recipe): readonly (readonly [string, string])[] => {
  switch (recipe.kind) {
    case 'script':
    case 'command':
      return [];
    case 'compose':
      return [
        ...Object.entries(recipe.seed ?? {}).flatMap(([key, text]) => (text === undefined ? [] : [[`seed.${key}`, text] as const])),
        ...recipe.partitions.flatMap(({ label, files }) =>
          files.flatMap((file) => ('text' in file ? [[`${label}/${file.path}`, file.text] as const] : [])),
        ),
      ];
    case 'installer':
      return [['commandLine', recipe.commandLine], ...recipe.answers.map(({ name, text }) => [name, text] as const)];
  }
};
