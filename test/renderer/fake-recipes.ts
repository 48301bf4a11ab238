// The recipes' calls of the fake station: one that is in use by a policy of the scene, one that is off.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { CallHandlers } from '../../main/pipe/pipe-server.ts';
import type { CallName } from '../../preload/contract/calls.ts';
import type { ConstructionView, RecipeView } from '../../preload/contract/recipe.ts';
import { hash } from './scene-parts.ts';

const SCRIPT = `#!/bin/sh
set -eu
parted -s "$RACKSIDE_DISK" mklabel gpt mkpart root ext4 1MiB 100%
mkfs.ext4 -q "$RACKSIDE_DISK"1
tar -xzf "$RACKSIDE_PAYLOADS/rootfs.tar.gz" -C /mnt
`;

const recipe = (id: string, name: string, version: number, enabled: boolean): RecipeView => ({
  recipe: {
    id,
    name,
    version,
    kind: 'script',
    matchOn: ['manufacturer', 'model', 'firmware.kind'],
    timeLimitMinutes: 30,
    image: { name: id, labels: { role: 'db' } },
    note: 'PostgreSQL on a plain Debian; its data go to the second disk.',
    script: SCRIPT,
    payloads: [{ name: 'rootfs.tar.gz', sha256: hash(`payload ${id}`), sizeBytes: 412_000_000 }],
  },
  sha256: hash(`recipe ${id} ${version}`),
  enabled,
  addedAtMs: 1_764_000_000_000,
  addedBy: 'M. Okafor',
});

/** Off, and runs a program on the station. */
const builder: RecipeView = {
  ...recipe('bootstrap', 'Debian by mmdebstrap', 2, false),
  recipe: {
    id: 'bootstrap',
    name: 'Debian by mmdebstrap',
    version: 2,
    kind: 'command',
    matchOn: ['architecture'],
    timeLimitMinutes: 60,
    image: { name: 'debian', labels: { os: 'debian' } },
    note: '',
    command: ['mmdebstrap', '--variant=minbase', 'bookworm; rm -rf', './disk.raw'],
    output: 'disk.raw',
    files: [{ name: 'hook.sh', text: '#!/bin/sh\nset -eu\necho done\n' }],
    payloads: [],
  },
};

const constructionsAt = (nowMs: number): readonly ConstructionView[] => {
  const one = {
    ...{ recipeId: 'bootstrap', version: 2, kind: 'command' as const, matchOn: { architecture: 'x86_64' } },
    ...{ machineId: 'edge-02', machineName: 'edge-02', osoid: null },
  };
  return [
    {
      ...one,
      ...{ id: 'c-failed', imageName: 'debian-arm64', state: 'failed', startedAtMs: nowMs - 900_000, endedAtMs: nowMs - 700_000 },
      failure: {
        code: 'command.failed',
        message: 'The command ended with exit code 2.',
        next: 'Read its lines in the log, and let it try again.',
      },
      lastLine: 'E: no space',
    },
    {
      ...one,
      ...{ id: 'c-running', imageName: 'debian-x86_64', state: 'running', startedAtMs: nowMs - 60_000, endedAtMs: null },
      failure: null,
      lastLine: 'I: installing packages ...',
    },
  ];
};

export const recipeHandlers = (): Pick<CallHandlers, Extract<CallName, `recipes.${string}` | `constructions.${string}`>> => {
  let recipes: readonly RecipeView[] = [recipe('debian-db', 'Debian database node', 3, true), recipe('kiosk', 'Kiosk', 1, false), builder];
  let constructions = constructionsAt(Date.now());
  const noBuild = failed('construct.unknown', 'No such image is being made here.', 'See them with: rackside recipes builds');
  const unknown = failed('recipe.unknown', 'There is no such recipe.', 'Look at the list of recipes; ids are exact.');
  return {
    'recipes.list': async () => success([...recipes]),
    'recipes.add': async ({ path }) => {
      if (!path.startsWith('/'))
        return failed('recipe.no-folder', `${path} is no folder of the station.`, 'Give the whole path, as the station sees it.');
      const id = path.split('/').at(-1) ?? '';
      const added = recipe(id, id, 1, true);
      recipes = [...recipes.filter((one) => one.recipe.id !== id), added];
      return success(added);
    },
    'recipes.enable': async ({ id, enabled, accept }) => {
      if (id === 'bootstrap' && enabled && accept !== builder.sha256)
        return failed('recipe.not-shown', 'Recipe "bootstrap" runs a command on this station.', 'Read all of it first.');
      recipes = recipes.map((one) => (one.recipe.id === id ? { ...one, enabled } : one));
      const found = recipes.find((one) => one.recipe.id === id);
      return found === undefined ? unknown : success(found);
    },
    'constructions.list': async () => success([...constructions]),
    'constructions.cancel': async ({ id }) => {
      constructions = constructions.map((one) => (one.id === id ? { ...one, state: 'cancelled', endedAtMs: Date.now() } : one));
      return success(constructions.find((one) => one.id === id) ?? constructions[0]!);
    },
    'constructions.retry': async ({ id }) => {
      if (constructions.every((one) => one.id !== id)) return noBuild;
      constructions = constructions.map((one) => (one.id === id ? { ...one, state: 'running', endedAtMs: null, failure: null } : one));
      return success([...constructions]);
    },
    'recipes.remove': async ({ id }) => {
      if (id === 'debian-db')
        return failed('recipe.in-use', 'Policies build by recipe "debian-db": "db-nodes".', 'Remove them first, or switch the recipe off.');
      recipes = recipes.filter((one) => one.recipe.id !== id);
      return success([...recipes]);
    },
  };
};
