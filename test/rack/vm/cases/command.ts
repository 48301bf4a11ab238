// Nothing fits, and a program on the station builds: the sample recipe's mmdebstrap, as soon as a machine wants its image; then the machine
// is deployed that, under Secure Boot, to its login prompt, and a like one without another build.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConstructionView, RecipeView } from '../../../../preload/contract/recipe.ts';
import { REPOSITORY } from '../../../../scripts/bootkit/options.ts';
import { hasProgram } from '../../../../scripts/host.ts';
import { minutes } from '../accelerator.ts';
import { blankDisk } from '../disk-files.ts';
import { approve, jobDone, LOGIN, powerOn } from '../journey.ts';
import type { LabStation } from '../lab-station.ts';
import { startMirror } from '../mirror.ts';
import type { Mirror } from '../mirror.ts';
import { imagesOf } from './decisions.ts';
import { expectThat, secondsSince } from './journey-case.ts';
import type { Case } from './journey-case.ts';

const RECIPE = 'mmdebstrap';

/** As it is, but for the mirrors: the station's wire has one of its own. */
const recipeFolder = (station: LabStation, mirror: Mirror): string => {
  const folder = join(station.folder, RECIPE);
  cpSync(join(REPOSITORY, 'assets/recipes', RECIPE), folder, { recursive: true });
  const script = join(folder, 'build.sh');
  const text = readFileSync(script, 'utf8');
  const here = text.replace(/^main=.*$/m, `main=http://${mirror.host}${mirror.folder}`).replace(/^security=.*$/m, 'security=');
  expectThat(here !== text, 'the sample recipe no longer says where its mirrors are');
  writeFileSync(script, here);
  return folder;
};

const builds = async (station: LabStation): Promise<string> => {
  if (!hasProgram('mmdebstrap')) throw new Error("this case needs Debian's package mmdebstrap: apt-get install mmdebstrap");
  const startedAtMs = Date.now();
  const mirror = await startMirror(station);
  try {
    const added = await station.rackside<RecipeView>('recipes', 'add', recipeFolder(station, mirror));
    const policies = join(station.folder, 'policies.json');
    const policy = { name: 'build', rank: 10, when: { all: [] }, outcome: { kind: 'build', recipe: RECIPE }, consent: 'ask' };
    writeFileSync(policies, JSON.stringify([policy]));
    await station.rackside('recipes', 'enable', RECIPE, '--accept', added.sha256);
    await station.rackside('policies', 'add', policies);
    for (const number of [91, 92]) {
      const [serial, path] = [`DISK${number}`, join(station.folder, `disk-${number}.raw`)];
      blankDisk(path, 3 * 1024 ** 3);
      const vm = powerOn(station, { number, firmware: 'secureboot', memoryMb: 1024, disks: [{ path, serial }] });
      try {
        const { job } = await approve(station, vm, serial, ({ recipe }) => recipe === undefined);
        await jobDone(station, vm, job, minutes(10));
        await vm.line(LOGIN, minutes(10));
      } finally {
        await vm.powerOff();
      }
    }
    const made = await station.rackside<readonly ConstructionView[]>('recipes', 'builds');
    expectThat(made.length === 1 && made[0]?.state === 'done', `it was not built once: ${JSON.stringify(made)}`);
    expectThat((await imagesOf(station)).length === 1, 'there is not the one image of what was built');
    return `built once, two machines at their login prompts after ${secondsSince(startedAtMs)}`;
  } finally {
    await mirror.stop();
  }
};

export const COMMAND_CASES: readonly Case[] = [
  {
    name: 'command-secureboot',
    about: 'no image: mmdebstrap on the station builds one, for two machines with Secure Boot on',
    run: builds,
  },
];
