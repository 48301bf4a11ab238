// The ways in which a machine comes to its agent: every firmware, the stick, beside another DHCP server, little memory; and the whole
// journey behind it.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineDetail } from '../../../../preload/contract/views.ts';
import { buildTestImage } from '../../../../scripts/bootkit/test-image.ts';
import { bootAgain, inventoried, powerOn, provision, swapDisk, usedDisk } from '../journey.ts';
import type { PowerOn } from '../journey.ts';
import type { LabStation } from '../lab-station.ts';
import type { VmFirmware } from '../machine.ts';
import { expectThat, secondsSince } from './journey-case.ts';
import type { Case } from './journey-case.ts';

const wholeJourney = async (station: LabStation, firmware: VmFirmware, number: number): Promise<string> => {
  const image = await station.importImage((await buildTestImage({})).path, 'debian-small');
  const provisioned = await provision(station, image, firmware, number);
  const again = await bootAgain(station, provisioned);
  expectThat(again.jobs === 1, `the second network boot wrote: ${again.jobs} jobs`);
  const swapped = await swapDisk(station, provisioned, firmware, number);
  expectThat(swapped !== 'provisioned', 'a swapped disk passed');
  return `login prompt after ${provisioned.seconds.toFixed(0)} s, second boot without a write, swapped disk ${swapped}`;
};

const hello = async (station: LabStation, options: PowerOn, judge: (machine: MachineDetail) => void = () => undefined): Promise<string> => {
  const startedAtMs = Date.now();
  const vm = powerOn(station, options);
  try {
    const machine = await inventoried(station, vm);
    judge(await station.machine(machine.id));
    return `hello and inventory after ${secondsSince(startedAtMs)}: ${machine.manufacturer ?? '?'} ${machine.model ?? '?'}`;
  } finally {
    await vm.powerOff();
  }
};

const blankDisk = (station: LabStation, number: number) => {
  const path = join(station.folder, `disk-${number}.raw`);
  usedDisk(path, 2 * 1024 ** 3);
  return { path, serial: `DISK${number}A` };
};

/** A machine whose firmware does not boot from the network: the agent comes from the stick, its words from the station. */
const fromStick = (station: LabStation, number: number): Promise<string> => {
  const stick = join(station.folder, 'stick.img');
  copyFileSync(join(import.meta.dirname, '../../../../assets/bootkit/usb.img'), stick);
  const disks = [{ path: stick, serial: 'STICK', bus: 'usb' } as const, blankDisk(station, number)];
  return hello(station, { number, firmware: 'secureboot', networkBoot: false, disks }, ({ disks: seen }) => {
    const media = seen.filter(({ exclusions }) => exclusions.includes('boot-media')).map(({ serial }) => serial);
    expectThat(media.join() === 'STICK', `not the stick alone is known as what it was started from: ${media.join()}`);
  });
};

export const FIRMWARE_CASES: readonly Case[] = [
  { name: 'bios', about: 'the whole journey on BIOS', run: (station) => wholeJourney(station, 'bios', 11) },
  { name: 'uefi', about: 'the whole journey on UEFI', run: (station) => wholeJourney(station, 'uefi', 12) },
  { name: 'secureboot', about: 'the whole journey with Secure Boot on', run: (station) => wholeJourney(station, 'secureboot', 13) },
  { name: 'http', about: 'the whole journey by UEFI HTTP boot', run: (station) => wholeJourney(station, 'http', 14) },
  {
    name: 'uefi-ipxe',
    about: 'the whole journey by iPXE in the ROM of a UEFI machine',
    run: (station) => wholeJourney(station, 'uefi-ipxe', 19),
  },
  { name: 'usb', about: 'the boot stick to the agent', run: (station) => fromStick(station, 15) },
  {
    name: 'small',
    about: 'the agent in 512 MB',
    run: (station) => hello(station, { number: 16, firmware: 'bios', memoryMb: 512, disks: [blankDisk(station, 16)] }),
  },
  { name: 'usb-proxy', about: 'the stick beside another DHCP server', mode: 'proxy', run: (station) => fromStick(station, 17) },
  {
    name: 'proxy',
    about: 'Secure Boot beside another DHCP server',
    mode: 'proxy',
    run: (station) => hello(station, { number: 18, firmware: 'secureboot', disks: [blankDisk(station, 18)] }),
  },
];
