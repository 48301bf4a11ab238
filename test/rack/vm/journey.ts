// The whole journey of one machine in the VM lab, as a technician drives it: power on, see what is asked, approve by the disk's
// serial, wait for the login prompt of the deployed system; then the network boots that follow.
import { execFileSync } from 'node:child_process';
import { copyFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageView, JobView, MachineView } from '../../../preload/contract/views.ts';
import { findAccelerator, minutes } from './accelerator.ts';
import type { LabStation } from './lab-station.ts';
import { startVm } from './machine.ts';
import type { Vm, VmFirmware, VmOptions } from './machine.ts';

export const LOGIN = /login:/;

/** Disk of `sizeBytes` that begins with old labels: a consent must name them, a deploy must clear them. */
export const usedDisk = (path: string, sizeBytes: number): void => {
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  execFileSync('sgdisk', ['--new=1:2048:+64M', '--change-name=1:old data', path], { stdio: 'ignore' });
};

export type PowerOn = Pick<VmOptions, 'number' | 'firmware' | 'disks'> & Partial<VmOptions>;

export const powerOn = (station: LabStation, options: PowerOn): Vm => {
  const { namespace, bridge, folder } = station;
  const vm = startVm({ namespace, bridge, folder, accelerator: findAccelerator(), ...options });
  station.witness(`console of machine ${options.number}`, vm.console.output);
  return vm;
};

/** Waits for the machine's state as the station sees it; fails at once when the machine itself ends. */
export const seen = (
  station: LabStation,
  vm: Vm,
  accept: (machine: MachineView) => boolean,
  what: string,
  timeoutMs: number,
): Promise<MachineView> => vm.whileRunning(station.machineWhen(vm.mac, accept, what, timeoutMs));

/** Waits for its agent, and for what that found. */
export const inventoried = (station: LabStation, vm: Vm): Promise<MachineView> =>
  seen(station, vm, (machine) => machine.online && machine.model !== null, 'inventoried', minutes(6));

export type EraseQuestion = Extract<NonNullable<MachineView['question']>, { kind: 'erase' }>;

/** Waits until it asks to erase the disk `serial`, for what `wish` accepts, and approves that. */
export const approve = async (
  station: LabStation,
  vm: Vm,
  serial: string,
  wish: (question: EraseQuestion) => boolean = () => true,
): Promise<{ readonly asked: EraseQuestion; readonly machineId: string; readonly job: JobView }> => {
  const asks = ({ online, question }: MachineView): boolean => online && question?.kind === 'erase' && wish(question);
  const { id, question } = await seen(station, vm, asks, 'asking', minutes(8));
  if (question?.kind !== 'erase' || question.disk.serial !== serial)
    throw new Error(`it asks for another disk: ${JSON.stringify(question)}`);
  return { asked: question, machineId: id, job: await station.rackside<JobView>('approve', id, '--erase', serial) };
};

/**
 * Waits for the end of a job; throws with its failure when that is a bad one. Each question is a program of its own, which takes its time
 * from an emulated machine: a long job is asked about less often.
 */
export const jobDone = async (station: LabStation, vm: Vm, job: JobView, timeoutMs = minutes(8)): Promise<JobView> => {
  const now = async (): Promise<JobView | undefined> =>
    (await station.rackside<readonly JobView[]>('jobs')).find(({ id }) => id === job.id);
  const wait = async (): Promise<JobView> => {
    const startedAtMs = Date.now();
    for (;;) {
      const found = await now();
      if (found?.state === 'done') return found;
      if (found?.endedAtMs != null) throw new Error(`the ${job.kind} ended badly: ${JSON.stringify(found.failure)}`);
      if (Date.now() - startedAtMs > timeoutMs)
        throw new Error(`${timeoutMs / 1000} s passed and the ${job.kind} is not done: ${JSON.stringify(found?.steps)}`);
      await new Promise((resolve) => setTimeout(resolve, Date.now() - startedAtMs < 120_000 ? 2_000 : 10_000));
    }
  };
  return vm.whileRunning(wait());
};

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
  const { id } = await inventoried(station, vm);
  await station.rackside('deploy', id, '--image', image.osoid);
  const { job } = await approve(station, vm, serial);
  const done = await jobDone(station, vm, job);
  await vm.line(LOGIN, minutes(6));
  return { vm, machineId: id, job: done, diskPath, seconds: (Date.now() - startedAtMs) / 1000 };
};

/** Network-boots the provisioned machine again; resolves at the second login prompt with the number of jobs it has then. */
export const bootAgain = async (
  station: LabStation,
  { vm, machineId }: Provisioned,
): Promise<{ readonly jobs: number; readonly says: string }> => {
  vm.mark();
  await vm.reset();
  await vm.line(/starting the agent|rackside: /i, minutes(5));
  await vm.line(LOGIN, minutes(6));
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
    const machine = await seen(
      station,
      vm,
      (view) =>
        view.online && ['waiting', 'failed', 'ambiguous', 'unmatched'].includes(view.state) && view.stateAtMs > Date.parse('2020-01-01'),
      'held because of its disk',
      minutes(6),
    );
    return machine.state;
  } finally {
    await vm.powerOff();
  }
};
