// `npm run lab`: the full matrix on virtual machines with real firmware, one after the other. Names of journeys as arguments run
// only those.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildTestImage } from '../../../scripts/bootkit/test-image.ts';
import { runBootkit } from './kit.ts';
import { findAccelerator } from './accelerator.ts';
import { bootAgain, powerOn, provision, swapDisk, usedDisk } from './journey.ts';
import { startLabStation } from './lab-station.ts';
import type { LabStation } from './lab-station.ts';
import type { VmFirmware } from './machine.ts';
import type { ImageView } from '../../../preload/contract/views.ts';

const MINUTE = 60_000;

const expectThat = (condition: boolean, what: string): void => {
  if (!condition) throw new Error(what);
};

const wholeJourney = async (station: LabStation, image: ImageView, firmware: VmFirmware, number: number): Promise<string> => {
  const provisioned = await provision(station, image, firmware, number);
  const again = await bootAgain(station, provisioned);
  expectThat(again.jobs === 1, `the second network boot wrote: ${again.jobs} jobs`);
  const swapped = await swapDisk(station, provisioned, firmware, number);
  expectThat(swapped !== 'provisioned', 'a swapped disk passed');
  return `login prompt after ${provisioned.seconds.toFixed(0)} s, second boot without a write, swapped disk ${swapped}`;
};

const hello = async (station: LabStation, number: number, options: Parameters<typeof powerOn>[1]): Promise<string> => {
  const startedAtMs = Date.now();
  const vm = powerOn(station, options);
  try {
    const machine = await station.machineWhen(
      vm.mac,
      (view) => view.online && view.model !== null,
      `seen by its agent (${number})`,
      6 * MINUTE,
    );
    return `hello and inventory after ${((Date.now() - startedAtMs) / 1000).toFixed(0)} s: ${machine.manufacturer ?? '?'} ${machine.model ?? '?'}`;
  } finally {
    await vm.powerOff();
  }
};

const blankDisk = (station: LabStation, number: number) => {
  const path = join(station.folder, `disk-${number}.raw`);
  usedDisk(path, 2 * 1024 ** 3);
  return { path, serial: `DISK${number}A` };
};

const JOURNEYS: readonly (readonly [name: string, run: (station: LabStation, image: ImageView) => Promise<string>])[] = [
  ['bios', (station, image) => wholeJourney(station, image, 'bios', 11)],
  ['uefi', (station, image) => wholeJourney(station, image, 'uefi', 12)],
  ['secureboot', (station, image) => wholeJourney(station, image, 'secureboot', 13)],
  ['http', (station) => hello(station, 14, { number: 14, firmware: 'http', disks: [blankDisk(station, 14)] })],
  [
    'usb',
    (station) => {
      const stick = join(station.folder, 'stick.img');
      copyFileSync(join(import.meta.dirname, '../../../assets/bootkit/usb.img'), stick);
      return hello(station, 15, {
        number: 15,
        firmware: 'secureboot',
        networkBoot: false,
        disks: [{ path: stick, serial: 'STICK', bus: 'usb' }, blankDisk(station, 15)],
      });
    },
  ],
  ['small', (station) => hello(station, 16, { number: 16, firmware: 'bios', memoryMb: 512, disks: [blankDisk(station, 16)] })],
];

const main = async (): Promise<number> => {
  const wanted = process.argv.slice(2);
  console.log(`lab: ${findAccelerator() === 'kvm' ? 'KVM' : 'software emulation (KVM is absent or does not run guests)'}`);
  runBootkit(['--usb']);
  const built = await buildTestImage({});
  let failures = 0;
  for (const [name, run] of JOURNEYS) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const station = await startLabStation(`lab-${name}`);
    try {
      const image = await station.importImage(built.path, 'debian-small');
      console.log(`lab: ${name}: passed: ${await run(station, image)}`);
    } catch (error) {
      failures += 1;
      console.log(`lab: ${name}: FAILED: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await station.dispose();
    }
  }
  console.log(`lab: ${failures === 0 ? 'all passed' : `${failures} failed`}`);
  return failures === 0 ? 0 : 1;
};

process.exit(await main());
