// The whole journey of one machine in the VM lab, as a technician drives it: power on, see what is asked, approve by the disk's
// serial, wait for the login prompt of the deployed system; then the network boots that follow.
import { execFileSync } from 'node:child_process';
import { copyFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageView, JobView } from '../../../preload/contract/views.ts';
import { findAccelerator } from './accelerator.ts';
import type { LabStation } from './lab-station.ts';
import { startVm } from './machine.ts';
import type { Vm, VmFirmware, VmOptions } from './machine.ts';

const MINUTE = 60_000;
export const LOGIN = /login:/;

/** Disk of `sizeBytes` that begins with old labels: a consent must name them, a deploy must clear them. */
export const usedDisk = (path: string, sizeBytes: number): void => {
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  execFileSync('sgdisk', ['--new=1:2048:+64M', '--change-name=1:old data', path], { stdio: 'ignore' });
};

export const powerOn = (station: LabStation, options: Pick<VmOptions, 'number' | 'firmware' | 'disks'> & Partial<VmOptions>): Vm =>
  startVm({ namespace: station.namespace, bridge: station.bridge, folder: station.folder, accelerator: findAccelerator(), ...options });

export type Provisioned = {
  readonly vm: Vm;
  readonly machineId: string;
  readonly job: JobView;
  readonly diskPath: string;
  readonly seconds: number;
};

/** From power-on to the login prompt of the deployed image. */
export const provision = async (station: LabStation, image: ImageView, firmware: VmFirmware, number: number): Promise<Provisioned> => {
  const startedAtMs = Date.now();
  const serial = `DISK${number}A`;
  const diskPath = join(station.folder, `disk-${number}.raw`);
  usedDisk(diskPath, image.diskSizeBytes + 512 * 1024 * 1024);
  const vm = powerOn(station, { number, firmware, disks: [{ path: diskPath, serial }] });
  const inventoried = await station.machineWhen(vm.mac, (machine) => machine.online && machine.model !== null, 'inventoried', 6 * MINUTE);
  await station.rackside('deploy', inventoried.id, '--image', image.osoid);
  const waiting = await station.machineWhen(vm.mac, (machine) => machine.question?.kind === 'erase', 'asking', 2 * MINUTE);
  if (waiting.question?.kind !== 'erase' || waiting.question.disk.serial !== serial)
    throw new Error(`it asks for another disk: ${JSON.stringify(waiting.question)}`);
  const job = await station.rackside<JobView>('approve', waiting.id, '--erase', serial);
  await station.machineWhen(vm.mac, (machine) => machine.state === 'provisioned' || machine.state === 'failed', 'provisioned', 6 * MINUTE);
  const detail = await station.machine(waiting.id);
  const done = detail.jobs.find((candidate) => candidate.id === job.id);
  if (done?.state !== 'done') throw new Error(`the job ended badly: ${JSON.stringify(done?.failure ?? detail.machine.failure)}`);
  await vm.line(LOGIN, 6 * MINUTE);
  return { vm, machineId: waiting.id, job: done, diskPath, seconds: (Date.now() - startedAtMs) / 1000 };
};

/** Network-boots the provisioned machine again; resolves at the second login prompt with the number of jobs it has then. */
export const bootAgain = async (
  station: LabStation,
  { vm, machineId }: Provisioned,
): Promise<{ readonly jobs: number; readonly says: string }> => {
  vm.mark();
  await vm.reset();
  await vm.line(/starting the agent|rackside: /i, 5 * MINUTE);
  await vm.line(LOGIN, 6 * MINUTE);
  const detail = await station.machine(machineId);
  return { jobs: detail.jobs.length, says: detail.machine.says };
};

/** A byte-for-byte copy of the disk under another serial number: the record on it names the other disk, so it must not pass. */
export const swapDisk = async (station: LabStation, provisioned: Provisioned, firmware: VmFirmware, number: number): Promise<string> => {
  await provisioned.vm.powerOff();
  const path = join(station.folder, `swapped-${number}.raw`);
  copyFileSync(provisioned.diskPath, path);
  const vm = powerOn(station, { number, firmware, disks: [{ path, serial: `DISK${number}B` }] });
  try {
    const machine = await station.machineWhen(
      vm.mac,
      (view) =>
        view.online && ['waiting', 'failed', 'ambiguous', 'unmatched'].includes(view.state) && view.stateAtMs > Date.parse('2020-01-01'),
      'held because of its disk',
      6 * MINUTE,
    );
    return machine.state;
  } finally {
    await vm.powerOff();
  }
};
