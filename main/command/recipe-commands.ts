// `rackside recipes …`: how images are constructed where none corresponds.
import { resolve } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import { recipeDoes, recipeTexts } from '../../preload/contract/recipe-texts.ts';
import type { ConstructionView, Recipe, RecipeView } from '../../preload/contract/recipe.ts';
import type { Command, Invocation } from './command.ts';
import { size, table } from './output.ts';
import { printed, withStation } from './with-station.ts';

const describeRecipe = ({ recipe, sha256, enabled, addedBy, addedAtMs }: RecipeView, account: string): string => {
  const does = recipeDoes(recipe);
  return [
    `${recipe.id} version ${recipe.version}, ${enabled ? 'on' : 'OFF'}: ${recipe.name} (${WORDS[recipe.kind]})`,
    `  ${sha256}`,
    `  added by ${addedBy} at ${new Date(addedAtMs).toISOString()}`,
    `  machines are alike by ${recipe.matchOn.join(', ') || 'nothing: one image for all'}`,
    `  builds "${recipe.image.name}" within ${recipe.timeLimitMinutes} minutes`,
    ...(does === null ? [] : [`  ${does}`]),
    ...(recipe.kind === 'command' ? [`  runs as ${account}, the user of the station, and can do whatever that user can`] : []),
    ...recipe.payloads.map((payload) => `  payload ${payload.name}  ${size(payload.sizeBytes)}  ${payload.sha256}`),
    ...recipeTexts(recipe).flatMap(([name, text]) => ['', ...(name === '' ? [] : [`--- ${name}`]), text.trimEnd()]),
  ].join('\n');
};

const WORDS: Readonly<Record<Recipe['kind'], string>> = {
  script: 'script, on the machine',
  compose: 'composed on this station',
  command: 'command, on this station',
  installer: 'vendor installer, on the machine',
};

const describeConstructions = (all: readonly ConstructionView[]): string =>
  all.length === 0
    ? 'This station has made no images by recipes.'
    : table(
        ['ID', 'RECIPE', 'IMAGE', 'FOR', 'STATE', 'SINCE', 'SAYS'],
        all.map(({ id, recipeId, version, imageName, machineName, state, startedAtMs, failure, lastLine }) => [
          id.slice(0, 8),
          `${recipeId} ${version}`,
          imageName,
          machineName || '-',
          state,
          new Date(startedAtMs).toISOString(),
          failure === null ? lastLine : `${failure.message} ${failure.next} (${failure.code})`,
        ]),
      );

/** By the beginning of its id. */
const withConstruction = (invocation: Invocation, call: 'constructions.cancel' | 'constructions.retry', words: string): Promise<number> =>
  withStation(invocation, async (station) => {
    const all = await station.call('constructions.list', {});
    if (!all.ok) return all;
    const given = invocation.positionals[0] ?? '';
    const found = all.value.filter(({ id }) => id.startsWith(given));
    const [one] = found;
    if (one === undefined || found.length > 1)
      return failed('construct.unknown', `${found.length} of them begin with "${given}".`, 'See them with: rackside recipes builds');
    const done = await station.call(call, { id: one.id });
    return printed(invocation, done, () => `"${one.imageName}" ${words}.`);
  });

const describeRecipes = (recipes: readonly RecipeView[]): string =>
  recipes.length === 0
    ? 'There are no recipes. Add one with: rackside recipes add FOLDER'
    : table(
        ['ID', 'VERSION', 'KIND', 'SWITCH', 'ALIKE BY', 'BUILDS', 'PAYLOADS'],
        recipes.map(({ recipe, enabled }) => [
          recipe.id,
          String(recipe.version),
          recipe.kind,
          enabled ? 'on' : 'off',
          recipe.matchOn.join(', ') || '-',
          recipe.image.name,
          size(recipe.payloads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)),
        ]),
      );

const command = (name: string, given: string, help: string, run: Command['run']): Command => ({
  name,
  arguments: given,
  help,
  options: {},
  positionals: given === '' ? { least: 0, most: 0 } : { least: 1, most: 1 },
  run,
});

const switchRecipe = (enabled: boolean) => (invocation: Invocation) =>
  withStation(invocation, async (station) => {
    const id = invocation.positionals[0] ?? '';
    const accept = invocation.text('accept');
    const switched = await station.call('recipes.enable', { id, enabled, ...(accept === undefined ? {} : { accept }) });
    return printed(invocation, switched, () => `Recipe ${id} is ${enabled ? 'on' : 'off'}.`);
  });

const RECIPE_FORMAT = `  recipe.json in the folder:
    {
      "kind": "script",                    on the machine; or compose, command (both on this station), installer (a vendor's own)
      "id": "web", "version": 1,           whatever changes is a new version
      "name": "Web server",                what people read
      "matchOn": ["model", "firmware.kind"],   facts by which machines are alike: what was built for one is right for the other
      "script": "install.sh",              POSIX sh, run as root with $RACKSIDE_DISK, _FIRMWARE, _FACTS (a JSON file), _PAYLOADS
      "payloads": ["rootfs.tar.gz"],       files beside it that go into the library, of any size
      "timeLimitMinutes": 30,
      "image": { "name": "web", "labels": { "role": "web" } }
    }
  In place of "script":
    compose    "base": {"labels": {…}} or {"osoid": "…"}, and "seed": {"userData": FILE, "networkConfig": FILE},
               "partitions": [{"label": "SITE", "files": {"path/on/it": FILE}}], "grow": {"partition": 1, "sizeMiB": 8192}
    command    "command": ["/bin/sh", "build.sh"], "files": ["build.sh"], "output": "disk.raw"; it writes $RACKSIDE_OUTPUT
    installer  "kernel": FILE, "initrd": FILE, both "payloads"; "commandLine": "… {{station:answers}}/preseed.cfg …", "answers": ["preseed.cfg"]
  In their texts {{fact:NAME}} is a fact of the machine (rackside facts --help). If wanted: "disk" as in policies, "note".
  One of each to begin from is in assets/recipes, where the program is.`;

export const RECIPE_COMMANDS: readonly Command[] = [
  command('recipes list', '', 'list the recipes: what each builds, and by which facts machines are alike', (invocation) =>
    withStation(invocation, async (station) => printed(invocation, await station.call('recipes.list', {}), describeRecipes)),
  ),
  {
    ...command(
      'recipes add',
      'FOLDER',
      'add a recipe from its folder: recipe.json, the texts and payload files that it names',
      (invocation) =>
        withStation(invocation, async (station) => {
          const path = resolve(invocation.positionals[0] ?? '');
          const added = await station.call('recipes.add', { path }, { signal: invocation.signal });
          return printed(invocation, added, ({ recipe }) => `Recipe ${recipe.id} version ${recipe.version} is on.`);
        }),
    ),
    details: RECIPE_FORMAT,
  },
  command('recipes show', 'ID', 'show a recipe with all its texts', (invocation) =>
    withStation(invocation, async (station) => {
      const id = invocation.positionals[0] ?? '';
      const recipes = await station.call('recipes.list', {});
      if (!recipes.ok) return recipes;
      const found = recipes.value.find(({ recipe }) => recipe.id === id);
      if (found === undefined) return failed('recipe.unknown', `There is no recipe "${id}".`, 'See them with: rackside recipes list');
      const described = await station.call('station.get', {});
      return described.ok ? printed(invocation, success(found), (view) => describeRecipe(view, described.value.account)) : described;
    }),
  ),
  {
    ...command('recipes enable', 'ID', 'switch a recipe on', switchRecipe(true)),
    options: {
      accept: { type: 'string', value: 'HASH', help: 'for one that runs a command on this station: its hash, from `recipes show`' },
    },
  },
  command('recipes disable', 'ID', 'switch a recipe off', switchRecipe(false)),
  command('recipes builds', '', 'list the images that recipes make on this station, running and ended', (invocation) =>
    withStation(invocation, async (station) => printed(invocation, await station.call('constructions.list', {}), describeConstructions)),
  ),
  command('recipes stop', 'BUILD', 'stop an image that is being made on this station', (invocation) =>
    withConstruction(invocation, 'constructions.cancel', 'is stopped'),
  ),
  command('recipes retry', 'BUILD', 'let an image that could not be made on this station be made again', (invocation) =>
    withConstruction(invocation, 'constructions.retry', 'may be made again'),
  ),
  command('recipes remove', 'ID', 'remove a recipe; the images that it built stay', (invocation) =>
    withStation(invocation, async (station) => {
      const removed = await station.call('recipes.remove', { id: invocation.positionals[0] ?? '' });
      return printed(invocation, removed, describeRecipes);
    }),
  ),
];
