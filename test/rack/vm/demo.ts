// `npm run demo -- --vm`: the journey of one QEMU machine with real firmware, the real boot kit and a small real Debian, in a network
// namespace of its own. The station is the headless one; its window is reachable from this computer through a second cable.
import { createInterface } from 'node:readline/promises';
import type { JobView, MachineView } from '../../../preload/contract/views.ts';
import { buildTestImage } from '../../../scripts/bootkit/test-image.ts';
import { KIT_PACKAGES, VM_PACKAGES } from '../../../scripts/bootkit/host-packages.ts';
import { canInstall, installPackages, isRoot, missingPackages } from '../../../scripts/host.ts';
import { compareDisk } from '../compare-disk.ts';
import { freeBlocks } from '../free-blocks.ts';
import { findAccelerator, minutes } from './accelerator.ts';
import { LOGIN, powerOn, seen, usedDisk } from './journey.ts';
import { runBootkit } from './kit.ts';
import { startLabStation } from './lab-station.ts';
import type { LabStation } from './lab-station.ts';
import type { Vm, VmFirmware } from './machine.ts';
import { join } from 'node:path';

const FIRMWARE: readonly VmFirmware[] = ['bios', 'uefi', 'secureboot', 'http'];

const say = (text: string): void => void process.stderr.write(`demo: ${text}\n`);

const ensurePackages = async (yes: boolean): Promise<boolean> => {
  const missing = missingPackages([...KIT_PACKAGES, ...VM_PACKAGES]);
  if (missing.length === 0) return true;
  const names = [...new Set(missing.map((one) => one.name))];
  say(`these Debian packages are missing:\n${missing.map((one) => `  ${one.name}: ${one.why}`).join('\n')}`);
  if (!canInstall()) {
    say(`install them first: apt-get install ${names.join(' ')}`);
    return false;
  }
  if (!yes) {
    if (!process.stdin.isTTY) {
      say('run again with --yes to install them');
      return false;
    }
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await prompt.question('Install them with apt now? [y/N] ');
    prompt.close();
    if (!/^y/i.test(answer)) return false;
  }
  return installPackages(names);
};

const waitFor = async (station: LabStation, vm: Vm, once: boolean): Promise<MachineView> => {
  const asks = (machine: MachineView): boolean => machine.question?.kind === 'erase' || machine.state === 'failed';
  const asking = await seen(station, vm, asks, 'asking', minutes(10));
  if (asking.question?.kind !== 'erase') throw new Error(`the machine does not ask: ${asking.says}`);
  if (!once) {
    say(
      `approve it: ip netns exec ${station.namespace.name} npm run rackside -- approve ${asking.id} --data ${join(station.folder, 'station')}`,
    );
    const approved = (machine: MachineView): boolean => machine.state === 'working' || machine.state === 'provisioned';
    return seen(station, vm, approved, 'approved', minutes(24 * 60));
  }
  const { disk } = asking.question;
  await station.rackside<JobView>('approve', asking.id, '--erase', disk.serial ?? `size:${disk.sizeBytes}`);
  return asking;
};

export const runVmDemo = async (options: { readonly once: boolean; readonly firmware: string; readonly yes: boolean }): Promise<number> => {
  const firmware = FIRMWARE.find((one) => one === options.firmware);
  if (firmware === undefined) {
    say(`--firmware is one of ${FIRMWARE.join(', ')}`);
    return 2;
  }
  if (process.platform !== 'linux' || !isRoot()) {
    say('--vm needs Linux and root (network namespaces and taps): sudo npm run demo -- --vm. Without them: npm run demo');
    return 1;
  }
  if (!(await ensurePackages(options.yes))) return 1;
  runBootkit();
  const built = await buildTestImage({});
  say(`virtual machine with ${firmware} firmware, ${findAccelerator() === 'kvm' ? 'KVM' : 'software emulation'}`);
  const station = await startLabStation('demo');
  const startedAtMs = Date.now();
  try {
    const image = await station.importImage(built.path, 'debian-small');
    const diskPath = join(station.folder, 'disk.raw');
    usedDisk(diskPath, image.diskSizeBytes + 512 * 1024 * 1024);
    const vm = powerOn(station, { number: 1, firmware, disks: [{ path: diskPath, serial: 'DEMO0001' }] });
    try {
      const found = await seen(station, vm, (machine) => machine.online && machine.model !== null, 'inventoried', minutes(10));
      say(`${found.name}: ${found.says}`);
      await station.rackside('deploy', found.id, '--image', image.osoid);
      const asked = await waitFor(station, vm, options.once);
      const over = (machine: MachineView): boolean => machine.state === 'provisioned' || machine.state === 'failed';
      const ended = await seen(station, vm, over, 'done', minutes(20));
      say(`${ended.name}: ${ended.says}`);
      const { jobs } = await station.machine(asked.id);
      const result = jobs.at(-1)?.result ?? null;
      // Judged before the system on it has run: the first boot writes.
      const compared =
        result === null ? null : await compareDisk(built.path, diskPath, [...result.rewrittenRanges, ...(await freeBlocks(built.path))]);
      await vm.line(LOGIN, minutes(10));
      say('login prompt of the deployed system');
      const seconds = Math.round((Date.now() - startedAtMs) / 100) / 10;
      const verified = compared?.verified ?? false;
      const machine = {
        id: ended.id,
        manufacturer: ended.manufacturer,
        state: ended.state,
        osoid: ended.osoid,
        bytesFetched: result?.bytesFetched ?? 0,
        seconds: Math.round((result?.seconds ?? 0) * 10) / 10,
        verified,
      };
      console.log(JSON.stringify({ machines: [machine], seconds }));
      return ended.state === 'provisioned' && verified ? 0 : 1;
    } catch (error) {
      say(`the demo ended badly: ${error instanceof Error ? error.message : String(error)}\n${station.evidence()}`);
      return 1;
    } finally {
      await vm.powerOff();
    }
  } finally {
    await station.dispose();
  }
};
