// One machine of the software rack: fixture hardware, sparse-file disks, firmware that speaks DHCP, TFTP and HTTP over loopback,
// and the real agent. Power on, and it goes the way a real one goes until its own disk is started.
import { open, stat } from 'node:fs/promises';
import { noKeyboard } from '../../agent/console/asking.ts';
import { createTerminal } from '../../agent/console/terminal.ts';
import { runAgent } from '../../agent/agent.ts';
import type { AgentEnding } from '../../agent/agent.ts';
import { identityOf, sameDisk } from '../../agent/assess.ts';
import { noScripts } from '../../agent/build/script-host.ts';
import { describeDisk } from '../../agent/disk/describe.ts';
import { fileDevice } from '../../agent/disk/target-devices.ts';
import type { TargetDevice } from '../../agent/disk/target-disk.ts';
import { noTools } from '../../agent/disk/tools.ts';
import type { Tools } from '../../agent/disk/tools.ts';
import type { AgentEnvironment } from '../../agent/environment.ts';
import { openReader } from '../../agent/inventory/block/linux.ts';
import { plainDisk } from '../../agent/inventory/block/device.ts';
import type { DiskAttributes, DiskDevice } from '../../agent/inventory/block/device.ts';
import type { Disk } from '../../agent/protocol/disk.ts';
import { readInventory } from '../../agent/inventory/read.ts';
import { localBootOf } from '../../agent/local-boot.ts';
import { parseBootWords } from '../../agent/words.ts';
import { networkBoot } from './firmware/boot-chain.ts';
import type { Wire } from './firmware/boot-chain.ts';
import type { FirmwareKind } from './firmware/dhcp-client.ts';
import type { RackHardware } from './hardware.ts';

export type SoftwareDisk = { readonly path: string; readonly attributes: DiskAttributes };

export type SoftwareTargetOptions = {
  readonly hardware: RackHardware;
  readonly firmware: FirmwareKind;
  readonly disks: readonly SoftwareDisk[];
  readonly wire: Wire;
  /** Programs of the pre-OS environment; none by default, so that nothing outside this process is touched. */
  readonly tools?: Tools;
  /** Wraps the device that a deploy opens: faults for tests. */
  readonly wrapDevice?: (device: TargetDevice) => TargetDevice;
  /** Changes what the agent sees of its machine: faults for tests. */
  readonly wrapEnvironment?: (environment: AgentEnvironment) => AgentEnvironment;
  /** What a vendor's installer does on this machine, by the words on its kernel's command line. */
  readonly runInstaller?: (installer: { readonly commandLine: string; readonly by: string }, signal: AbortSignal) => Promise<void>;
  /** A line whenever something happens, as a serial console would show it. */
  readonly onConsole?: (line: string) => void;
};

export type PowerCycle = { readonly boots: number; readonly endedBy: 'local-disk' | 'refused' | 'powered-off' };

export type SoftwareTarget = {
  readonly hardware: RackHardware;
  readonly disks: readonly SoftwareDisk[];
  /** Boots from the network until the machine starts its own disk or `signal` cuts the power. At most `maxBoots` times. */
  powerOn(signal: AbortSignal, maxBoots?: number): Promise<PowerCycle>;
};

/** A sparse file as a disk; `fill` makes it look used. */
export const makeDisk = async (
  path: string,
  options: Partial<DiskAttributes> & { readonly sizeBytes: number; readonly serial: string },
): Promise<SoftwareDisk> => {
  const file = await open(path, 'a');
  try {
    if ((await stat(path)).size !== options.sizeBytes) await file.truncate(options.sizeBytes);
  } finally {
    await file.close();
  }
  const { sizeBytes, serial, ...rest } = options;
  return {
    path,
    attributes: { ...plainDisk({ path, serial, sizeBytes }), model: 'Software disk', transport: 'sata', kind: 'ssd', ...rest, path },
  };
};

const deviceOf = (disk: SoftwareDisk): DiskDevice => ({
  attributes: disk.attributes,
  open: () => openReader(disk.path, disk.attributes.sizeBytes),
});

/** What the agent has of such a machine; `commandLine` is what its kernel was started with. */
export const agentEnvironment = (options: Omit<SoftwareTargetOptions, 'wire'>, commandLine: string): AgentEnvironment => {
  const { hardware, disks } = options;
  const tools = options.tools ?? noTools();
  const words = parseBootWords(commandLine);
  if (!words.ok) throw new Error(words.failure.message);
  /** By who it is, as on a real target: another disk under the same name is not found. */
  const find = (wanted: Disk): SoftwareDisk | undefined => disks.find(({ attributes }) => sameDisk(attributes, wanted));
  return {
    words: words.value,
    agentVersion: 'software-rack',
    architecture: 'x64',
    readInventory: (trustedKeys, signal) =>
      readInventory({
        source: hardware.source,
        listDisks: () => Promise.resolve(disks.map(deviceOf)),
        trustedKeys,
        bootMac: hardware.bootMac,
        architecture: 'x64',
        // Fixtures answer at once.
        lldpWaitMs: 200,
        signal,
      }),
    listenToSwitches: () => Promise.resolve([]),
    device: async (disk) => {
      const found = find(disk);
      if (found === undefined) return null;
      const device = fileDevice(found.path, identityOf(disk), disk.logicalSectorBytes, tools);
      return options.wrapDevice?.(device) ?? device;
    },
    describe: (disk, trustedKeys) => {
      const found = find(disk);
      return found === undefined ? Promise.resolve({ ...disk, content: null }) : describeDisk(deviceOf(found), { trustedKeys });
    },
    localBoot: async (disk, mode) => {
      const reader = await openReader(find(disk)?.path ?? disk.path, disk.sizeBytes);
      try {
        return await localBootOf(reader, disk.logicalSectorBytes, mode);
      } finally {
        await reader.close();
      }
    },
    scripts: noScripts(),
    tools,
    screen: createTerminal({ video: null, serial: (text) => options.onConsole?.(text.trimEnd()), now: Date.now }),
    keyboard: noKeyboard,
    memory: { load: () => null, save: () => undefined },
    drafts: { load: () => null, save: () => undefined },
    startDiskNext: () => Promise.resolve(false),
    leave: () => Promise.resolve(),
    setClock: () => Promise.resolve(),
    workers: 0,
  };
};

export const createSoftwareTarget = (options: SoftwareTargetOptions): SoftwareTarget => {
  const { hardware } = options;
  const say = (text: string): void => options.onConsole?.(text);
  const bootOnce = async (signal: AbortSignal): Promise<'local-disk' | AgentEnding['kind']> => {
    const booted = await networkBoot({ mac: hardware.bootMac, uuid: hardware.uuid, kind: options.firmware }, options.wire, signal);
    if (booted.kind === 'local') {
      say(`starting the local disk (${booted.by})`);
      return 'local-disk';
    }
    if (booted.kind === 'installer') {
      say(`the installer runs (${booted.by}): ${booted.commandLine}`);
      await options.runInstaller?.(booted, signal);
      return 'stopped';
    }
    say('kernel and stage 1 loaded, stage 2 checked');
    const environment = agentEnvironment(options, booted.commandLine);
    return (await runAgent(options.wrapEnvironment?.(environment) ?? environment, signal)).kind;
  };
  return {
    hardware,
    disks: options.disks,
    powerOn: async (signal, maxBoots = 6) => {
      let boots = 0;
      let last: 'local-disk' | AgentEnding['kind'] = 'stopped';
      while (boots < maxBoots && !signal.aborted) {
        boots += 1;
        try {
          last = await bootOnce(signal);
        } catch (error) {
          if (signal.aborted) break;
          // Firmware shows its message and starts over, as a real one does when the network boot fails.
          say(error instanceof Error ? error.message : String(error));
          last = 'stopped';
        }
        if (last === 'local-disk') return { boots, endedBy: 'local-disk' };
      }
      return { boots, endedBy: last === 'refused' ? 'refused' : 'powered-off' };
    },
  };
};
