// What a recipe says, for a person to read: every text in it under a name, in the order in which it matters. Pure.
import type { Recipe } from './recipe.ts';

/** Name and text; the name of the one script is empty. */
export const recipeTexts = (recipe: Recipe): readonly (readonly [string, string])[] => {
  switch (recipe.kind) {
    case 'script':
      return [['', recipe.script]];
    case 'compose':
      return [
        ...Object.entries(recipe.seed ?? {}).flatMap(([key, text]) => (text === undefined ? [] : [[`CIDATA: ${key}`, text] as const])),
        ...recipe.partitions.flatMap(({ label, files }) =>
          files.map((file) => [`${label}: ${file.path}`, 'text' in file ? file.text : `(payload ${file.payload})`] as const),
        ),
      ];
    case 'command':
      return recipe.files.map(({ name, text }) => [name, text] as const);
    case 'installer':
      return recipe.answers.map(({ name, text }) => [name, text] as const);
  }
};

/** What is run or taken, in one line; null for a script, which says it all. */
export const recipeDoes = (recipe: Recipe): string | null => {
  switch (recipe.kind) {
    case 'script':
      return null;
    case 'compose': {
      const { base, grow } = recipe;
      const from =
        'osoid' in base
          ? base.osoid
          : Object.entries(base.labels)
              .map((one) => one.join('='))
              .join(' ');
      return `from the image ${from}${grow === undefined ? '' : `; partition ${grow.partition} becomes ${grow.sizeMiB} MiB`}`;
    }
    case 'command':
      return `RUNS ON THIS STATION: ${recipe.command.map((word) => JSON.stringify(word)).join(' ')}; takes ${recipe.output}`;
    case 'installer':
      return `boots ${recipe.kernel} and ${recipe.initrd}: ${recipe.commandLine}`;
  }
};
