// The power goes in the middle of a capture, of a build and of a vendor's installer: what the station says then has a name, nothing half-made is stored, and the
// machine comes back to the same work.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { JobView } from '../../../../preload/contract/views.ts';
import { buildTestImage } from '../../../../scripts/bootkit/test-image.ts';
import { minutes } from '../accelerator.ts';
import { blankDisk, copySparse, sha256OfFile } from '../disk-files.ts';
import { approve, inventoried, jobDone, LOGIN, powerOn, seen } from '../journey.ts';
import type { LabStation } from '../lab-station.ts';
import type { Vm } from '../machine.ts';
import { addRecipe, imagesOf } from './decisions.ts';
import { IMAGE_INSTALLER, imageInstallerFolder } from './image-installer.ts';
import { expectThat } from './journey-case.ts';
import type { Case } from './journey-case.ts';
import { recipeFolder } from './recipe-folder.ts';

const jobNow = async (station: LabStation, { id }: JobView): Promise<JobView> => {
  const found = (await station.rackside<readonly JobView[]>('jobs')).find((job) => job.id === id);
  if (found === undefined) throw new Error('the job is gone');
  return found;
};

/** Waits until the job is in `step`, and a little longer. */
const inTheMiddleOf = async (station: LabStation, vm: Vm, job: JobView, step: string): Promise<void> => {
  const reached = async (): Promise<void> => {
    const endsAtMs = Date.now() + minutes(8);
    for (;;) {
      const { steps, endedAtMs, failure } = await jobNow(station, job);
      if (steps.at(-1)?.step === step) return;
      if (endedAtMs !== null || Date.now() > endsAtMs)
        throw new Error(`the job never came to "${step}": ${JSON.stringify(failure ?? steps)}`);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  };
  await vm.whileRunning(reached());
  await new Promise((resolve) => setTimeout(resolve, 2_000));
};

const nothingStored = async (station: LabStation): Promise<void> => {
  expectThat((await imagesOf(station)).length === 0, 'an image is there that was never finished');
};

const libraryIsWhole = async (station: LabStation): Promise<void> => {
  const { problems } = await station.rackside<{ readonly problems: readonly unknown[] }>('library', 'verify');
  expectThat(problems.length === 0, `the library is damaged: ${JSON.stringify(problems)}`);
};

const duringCapture = async (station: LabStation): Promise<string> => {
  const { path: built } = await buildTestImage({});
  const diskPath = join(station.folder, 'source.raw');
  copySparse(built, diskPath);
  const before = await sha256OfFile(diskPath);
  const options = { number: 61, firmware: 'bios', disks: [{ path: diskPath, serial: 'SOURCE' }] } as const;
  const vm = powerOn(station, options);
  const { id } = await inventoried(station, vm);
  const job = await station.rackside<JobView>('capture', id, '--name', 'golden');
  await inTheMiddleOf(station, vm, job, 'read-send');
  await vm.powerOff();
  await nothingStored(station);
  const cut = await jobNow(station, job);
  expectThat(cut.state === 'running', `the capture is ${cut.state}`);
  const away = await station.machineWhen(vm.mac, ({ online }) => !online, 'known to be away', minutes(3));

  const back = powerOn(station, options);
  try {
    const { captured } = await jobDone(station, back, job);
    await back.powerOff();
    expectThat((await sha256OfFile(diskPath)) === before, 'the disk of the source is another');
    const images = await imagesOf(station);
    expectThat(images.length === 1 && images[0]?.osoid === captured?.osoid, 'the image is not there once');
    await libraryIsWhole(station);
    return `"${away.says}" while it was off; the same job went on to its image`;
  } finally {
    await back.powerOff();
  }
};

/** Cut while the script writes, and once more while what it made is read. */
const duringBuild = async (station: LabStation): Promise<string> => {
  await addRecipe(station, await recipeFolder('raw-image', station.folder, 'sleep 5'), 'raw-image');
  const diskPath = join(station.folder, 'disk.raw');
  blankDisk(diskPath, 2 * 1024 ** 3);
  const options = { number: 63, firmware: 'bios', disks: [{ path: diskPath, serial: 'TARGET' }] } as const;
  const said: string[] = [];
  for (const step of ['script', 'read-send']) {
    const vm = powerOn(station, options);
    const { job } = await approve(station, vm, 'TARGET');
    await inTheMiddleOf(station, vm, job, step);
    await vm.powerOff();
    await nothingStored(station);
    // The cut is noticed when the machine is back; until then the job has not failed.
    const back = powerOn(station, options);
    const { id } = await seen(
      station,
      back,
      ({ online, state, question }) => online && (state === 'failed' || question?.kind === 'erase'),
      'back from the cut',
      minutes(8),
    );
    const { state, failure } = await jobNow(station, job);
    expectThat(state === 'failed' && failure?.code === 'build.interrupted', `the cut build is ${state}: ${JSON.stringify(failure)}`);
    const { machine } = await station.machine(id);
    said.push(`cut in ${step}: ${machine.state}`);
    await nothingStored(station);
    if (step === 'script') {
      await back.powerOff();
      // What it asked before would be answered while nobody is there to hear it.
      await station.machineWhen(back.mac, (view) => !view.online, 'known to be away', minutes(3));
    } else {
      try {
        if (machine.state === 'failed') await station.rackside('retry', id);
        const again = await approve(station, back, 'TARGET');
        await jobDone(station, back, again.job);
        await back.line(LOGIN, minutes(8));
        expectThat((await imagesOf(station)).length === 1, 'the build did not store one image');
        await libraryIsWhole(station);
      } finally {
        await back.powerOff();
      }
    }
  }
  return `${said.join(', ')}; the next attempt built it, login prompt`;
};

/** Cut when an installer has written and has not yet said that it is done. */
const duringInstaller = async (station: LabStation): Promise<string> => {
  await addRecipe(station, await imageInstallerFolder(station, false, 'sleep 60'), IMAGE_INSTALLER);
  const diskPath = join(station.folder, 'disk.raw');
  blankDisk(diskPath, 3 * 1024 ** 3);
  const options = { number: 65, firmware: 'uefi', disks: [{ path: diskPath, serial: 'TARGET' }] } as const;
  const vm = powerOn(station, options);
  const { job } = await approve(station, vm, 'TARGET', ({ recipe }) => recipe?.id === IMAGE_INSTALLER);
  await inTheMiddleOf(station, vm, job, 'install');
  await vm.whileRunning(written(diskPath));
  await vm.powerOff();
  await nothingStored(station);
  expectThat((await jobNow(station, job)).state === 'running', 'the build ended before the machine was back');

  const back = powerOn(station, options);
  try {
    const again = await approve(station, back, 'TARGET', ({ recipe }) => recipe?.id === IMAGE_INSTALLER);
    const { state, failure } = await jobNow(station, job);
    expectThat(
      state === 'failed' && failure?.code === 'installer.not-finished',
      `the cut installation is ${state}: ${JSON.stringify(failure)}`,
    );
    await nothingStored(station);
    await jobDone(station, back, again.job, minutes(20));
    await back.line(LOGIN, minutes(10));
    expectThat((await imagesOf(station)).length === 1, 'the installation did not store one image');
    await libraryIsWhole(station);
    return `"${failure?.message ?? ''}" The next attempt installed it, login prompt`;
  } finally {
    await back.powerOff();
  }
};

/** Waits until somebody has written to a disk that was blank. */
const written = async (diskPath: string): Promise<void> => {
  const endsAtMs = Date.now() + minutes(8);
  // A blank disk is a hole; clearing its ends leaves it one but for a few MiB.
  while (statSync(diskPath).blocks * 512 < 32 * 1024 ** 2) {
    if (Date.now() > endsAtMs) throw new Error('nothing was written to the disk');
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
};

export const POWER_CUT_CASES: readonly Case[] = [
  { name: 'cut-capture', about: 'the power goes in the middle of a capture, and comes back', run: duringCapture },
  { name: 'cut-build', about: 'the power goes in a script, then in the capture of what it built', run: duringBuild },
  { name: 'cut-installer', about: 'the power goes before an installer has said that it is done', run: duringInstaller },
];
