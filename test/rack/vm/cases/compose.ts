// Nothing fits, and the station composes: the sample recipe's base image with a seed and a partition made from the first machine's facts. It is
// deployed that to its login prompt, a like one the same without another composition, and the next network boot goes to its own disk.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConstructionView } from '../../../../preload/contract/recipe.ts';
import { REPOSITORY } from '../../../../scripts/bootkit/options.ts';
import { buildTestImage } from '../../../../scripts/bootkit/test-image.ts';
import { minutes } from '../accelerator.ts';
import { blankDisk } from '../disk-files.ts';
import { approve, jobDone, LOGIN, powerOn } from '../journey.ts';
import type { LabStation } from '../lab-station.ts';
import type { VmFirmware } from '../machine.ts';
import { addRecipe, bootsItsOwnDisk, imagesOf } from './decisions.ts';
import { expectThat, secondsSince } from './journey-case.ts';
import type { Case } from './journey-case.ts';

const RECIPE = 'cloud-seed';
const DISK_BYTES = 3 * 1024 ** 3;

/** As a technician has it beside a base image of their own: the sample names its labels. */
const recipeFolder = (station: LabStation): string => {
  const folder = join(station.folder, RECIPE);
  cpSync(join(REPOSITORY, 'assets/recipes', RECIPE), folder, { recursive: true });
  const path = join(folder, 'recipe.json');
  const recipe = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...recipe, base: { labels: { os: 'debian-small' } } }));
  return folder;
};

/** Whether a text stands anywhere on the disk, as a file of a FAT volume does. */
const holds = (diskPath: string, text: string): boolean => {
  try {
    execFileSync('grep', ['-aqF', text, diskPath]);
    return true;
  } catch {
    return false;
  }
};

const composes = async (station: LabStation, firmware: VmFirmware, first: number): Promise<string> => {
  const startedAtMs = Date.now();
  const { path: base } = await buildTestImage({});
  await station.rackside('images', 'import', base, '--name', 'debian-small', '--label', 'os=debian-small');
  await addRecipe(station, recipeFolder(station), RECIPE);
  const owners = [first, first + 1].map((number) => {
    const [serial, diskPath] = [`DISK${number}`, join(station.folder, `disk-${number}.raw`)];
    blankDisk(diskPath, DISK_BYTES);
    return { serial, diskPath, options: { number, firmware, memoryMb: 1024, disks: [{ path: diskPath, serial }] } };
  });
  for (const { serial, diskPath, options } of owners) {
    const vm = powerOn(station, options);
    try {
      const { job } = await approve(station, vm, serial, ({ recipe }) => recipe === undefined);
      await jobDone(station, vm, job);
      await vm.line(LOGIN, minutes(6));
      expectThat(holds(diskPath, 'Rackside Lab Virtual Server, set up by Rackside.'), 'the seed with the facts is not on the disk');
    } finally {
      await vm.powerOff();
    }
  }
  const made = await station.rackside<readonly ConstructionView[]>('recipes', 'builds');
  expectThat(made.length === 1 && made[0]?.state === 'done', `it was not composed once: ${JSON.stringify(made)}`);
  expectThat((await imagesOf(station)).length === 2, 'there is not the base and the one image that was composed');
  const deployedAfter = secondsSince(startedAtMs);
  const [owner] = owners;
  if (owner === undefined) throw new Error('there are two machines');
  const { vm, jobs } = await bootsItsOwnDisk(station, owner);
  await vm.powerOff();
  expectThat(jobs.length === 1, `another boot made a job: ${JSON.stringify(jobs)}`);
  return `composed once, two machines at their login prompts after ${deployedAfter}; another boot wrote nothing`;
};

const about = (firmware: string): string => `no image: composed on the station, for two machines; another boot writes nothing: ${firmware}`;

export const COMPOSE_CASES: readonly Case[] = [
  { name: 'compose-bios', about: about('BIOS'), run: (station) => composes(station, 'bios', 95) },
  { name: 'compose-uefi', about: about('UEFI'), run: (station) => composes(station, 'uefi', 97) },
];
