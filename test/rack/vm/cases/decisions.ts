// What happens at decision, with real firmware: nothing fits, so the first machine builds by a recipe and boots what it built; a like one
// is deployed that; both boot their own disks from then on; and another station with the merged library says so too.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageView, JobView } from '../../../../preload/contract/views.ts';
import { minutes } from '../accelerator.ts';
import { blankDisk, sha256OfFile } from '../disk-files.ts';
import { approve, jobDone, LOGIN, powerOn } from '../journey.ts';
import type { PowerOn } from '../journey.ts';
import type { LabStation } from '../lab-station.ts';
import type { Vm, VmFirmware } from '../machine.ts';
import { expectThat, secondsSince } from './journey-case.ts';
import type { Case } from './journey-case.ts';
import { recipeFolder } from './recipe-folder.ts';
import type { SampleRecipe } from './recipe-folder.ts';

export type Wish = { readonly recipe: SampleRecipe; readonly firmware: VmFirmware; readonly number: number };

/** A machine that is started again and again; `serial` is its disk's. */
type Owner = { readonly options: PowerOn; readonly serial: string; readonly diskPath: string };
type Known = Owner & { readonly id: string };

const GIB = 1024 ** 3;

const owner = (station: LabStation, { recipe, firmware }: Wish, number: number): Owner => {
  const [serial, diskPath] = [`DISK${number}`, join(station.folder, `disk-${number}.raw`)];
  blankDisk(diskPath, 3 * GIB);
  // Payloads lie in the machine's memory.
  const memoryMb = recipe === 'raw-image' ? 1024 : 3072;
  return { serial, diskPath, options: { number, firmware, memoryMb, disks: [{ path: diskPath, serial }] } };
};

/** Recipe and policy, as a technician adds them. */
export const addRecipe = async (station: LabStation, folder: string, recipe: string): Promise<void> => {
  const policies = join(station.folder, 'policies.json');
  const policy = { name: 'build', rank: 10, when: { all: [] }, outcome: { kind: 'build', recipe }, consent: 'ask' };
  writeFileSync(policies, JSON.stringify([policy]));
  await station.rackside('recipes', 'add', folder);
  await station.rackside('policies', 'add', policies);
};

export const imagesOf = (station: LabStation): Promise<readonly ImageView[]> => station.rackside('images', 'list');

type Built = {
  readonly folder: string;
  readonly image: ImageView;
  readonly first: Known;
  readonly second: Known;
  readonly vms: readonly Vm[];
};

/** Decision 4 and decision 2: the first machine builds, the second, which is like it, is deployed; both come to their login prompts. */
export const buildAndDeploy = async (station: LabStation, wish: Wish): Promise<Built> => {
  const folder = await recipeFolder(wish.recipe, station.folder);
  await addRecipe(station, folder, wish.recipe);
  const first = owner(station, wish, wish.number);
  const second = owner(station, wish, wish.number + 1);
  const builder = powerOn(station, first.options);
  const like = powerOn(station, second.options);
  const { machineId, job } = await approve(station, builder, first.serial, ({ recipe }) => recipe?.id === wish.recipe);
  expectThat((await imagesOf(station)).length === 0, 'there is an image before anything was built');
  const built = await jobDone(station, builder, job, minutes(15));
  const [image, ...others] = await imagesOf(station);
  if (image === undefined || others.length > 0) throw new Error('the build did not store one image');
  expectThat(image.osoid === built.captured?.osoid && image.recipe?.id === wish.recipe, 'the image does not name its recipe');

  const deployed = await approve(station, like, second.serial, ({ recipe, osoid }) => recipe === undefined && osoid === image.osoid);
  await Promise.all([builder.line(LOGIN, minutes(10)), jobDone(station, like, deployed.job)]);
  const { jobs } = await station.machine(deployed.machineId);
  expectThat(jobs.length === 1 && jobs[0]?.kind === 'deploy', `the like machine did more than a deploy: ${JSON.stringify(jobs)}`);
  await like.line(LOGIN, minutes(10));
  return { folder, image, first: { ...first, id: machineId }, second: { ...second, id: deployed.machineId }, vms: [builder, like] };
};

/** Decision 1: a network boot ends at the machine's own disk, to which nothing was written. Resolves with the machine's jobs by then. */
export const bootsItsOwnDisk = async (
  station: LabStation,
  { options, diskPath }: Owner,
): Promise<{ readonly vm: Vm; readonly jobs: readonly JobView[] }> => {
  const before = await sha256OfFile(diskPath);
  const vm = powerOn(station, options);
  await vm.holdAtRestart();
  const { id } = await station.machineWhen(vm.mac, (machine) => machine.state === 'provisioned', 'sent to its own disk', minutes(6));
  await vm.held(minutes(6));
  const { events, jobs } = await station.machine(id);
  expectThat(
    events.some(({ kind }) => kind === 'machine.already-installed'),
    'the station does not say that it is already installed',
  );
  expectThat((await sha256OfFile(diskPath)) === before, 'a machine that has its system was written to');
  return { vm, jobs };
};

const allDecisions = async (station: LabStation, wish: Wish): Promise<string> => {
  const startedAtMs = Date.now();
  const { folder, image, first, second, vms } = await buildAndDeploy(station, wish);
  const builtAfter = secondsSince(startedAtMs);
  for (const vm of vms) await vm.powerOff();
  const again = await Promise.all([bootsItsOwnDisk(station, first), bootsItsOwnDisk(station, second)]);
  for (const { vm, jobs } of again) {
    expectThat(jobs.length === 1, `a third boot made a job: ${JSON.stringify(jobs)}`);
    await vm.release();
  }
  await Promise.all(again.map(({ vm }) => vm.line(LOGIN, minutes(8))));
  for (const { vm } of again) await vm.powerOff();

  const library = await station.replace('another');
  await station.rackside('library', 'merge', library);
  await station.rackside('trust', 'add', image.keyId);
  await addRecipe(station, folder, wish.recipe);
  const elsewhere = await bootsItsOwnDisk(station, first);
  expectThat(elsewhere.jobs.length === 0, `another station made a job: ${JSON.stringify(elsewhere.jobs)}`);
  await elsewhere.vm.powerOff();
  return `built, deployed and both at their login prompts after ${builtAfter}; third boots and another station wrote nothing`;
};

const onlyBuild = async (station: LabStation): Promise<string> => {
  const startedAtMs = Date.now();
  const { vms } = await buildAndDeploy(station, { recipe: 'raw-image', firmware: 'secureboot', number: 51 });
  for (const vm of vms) await vm.powerOff();
  return `built, deployed and both at their login prompts after ${secondsSince(startedAtMs)}`;
};

const FIRMWARES: readonly VmFirmware[] = ['bios', 'uefi'];

const MATRIX: readonly Case[] = FIRMWARES.flatMap((firmware, index) =>
  (['raw-image', 'debian-rootfs'] as const).map((recipe, which) => ({
    name: `decisions-${firmware}${recipe === 'raw-image' ? '' : '-debian'}`,
    about: `no image, built by ${recipe}, like machine, third boot, another station: ${firmware === 'bios' ? 'BIOS' : 'UEFI'}`,
    run: (station) => allDecisions(station, { recipe, firmware, number: 41 + 4 * index + 2 * which }),
  })),
);

export const DECISION_CASES: readonly Case[] = [
  ...MATRIX,
  { name: 'build-secureboot', about: 'no image, built by raw-image, like machine: Secure Boot', run: onlyBuild },
];
