// The agent's environment on a real target: the kit's Linux, its tools, its consoles, its firmware.
import { readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setBootEntryOnce } from './boot-once.ts';
import { createDiskFence } from './build/disk-fence.ts';
import { systemScripts } from './build/script-host.ts';
import { terminalKeyboard } from './console/keyboard.ts';
import { createTerminal } from './console/terminal.ts';
import type { Writer } from './console/terminal.ts';
import { describeDisk } from './disk/describe.ts';
import { workersFor } from './disk/chunk-pool.ts';
import { blockDevice, surely } from './disk/target-devices.ts';
import { clearSnapshot } from './disk/snapshot-overlay.ts';
import { systemTools } from './disk/tools.ts';
import type { AgentEnvironment } from './environment.ts';
import { listLinuxDisks } from './inventory/block/linux.ts';
import type { DiskDevice } from './inventory/block/device.ts';
import { listenLldp } from './inventory/lldp.ts';
import { readInventory } from './inventory/read.ts';
import { linuxSource } from './inventory/source.ts';
import { identityOf, sameDisk } from './assess.ts';
import { localBootOf } from './local-boot.ts';
import type { Disk } from './protocol/disk.ts';
import type { LinkMemory } from './link/station-link.ts';
import type { BootWords } from './words.ts';

/** Where stage 2's init says which disk the agent was started from, and which were write-protected before it touched them. */
const RUN = '/run/rackside';

/** IEEE 802.1AB: an LLDP agent speaks every 30 seconds unless told otherwise. */
const SWITCH_PERIOD_MS = 33_000;
const SESSION_FILE = `${RUN}/session.json`;
const DRAFT_FILE = `${RUN}/draft.json`;

/** Text in memory of this boot; a crashed agent finds it again. */
const keptIn = (path: string): LinkMemory => ({
  load: () => readOrNull(path),
  save: (text) => {
    try {
      writeFileSync(path, text, { mode: 0o600 });
    } catch {
      // Without it a crashed agent boots the machine again, or asks a person once more.
    }
  },
});

const readOrNull = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const lines = (path: string): readonly string[] => {
  return (readOrNull(path) ?? '').split(/\s+/).filter((word) => word !== '');
};

/** Writes to a console without ever waiting for it: a serial line that nobody reads must not hold up a deploy. */
const consoleWriter = async (name: string): Promise<Writer | null> => {
  try {
    const file = await open(`/dev/${name}`, 'w');
    let last = Promise.resolve();
    let queued = 0;
    return (text) => {
      if (queued > 64) return;
      queued += 1;
      last = last
        .then(() => file.write(text))
        .then(
          () => undefined,
          () => undefined,
        )
        .finally(() => {
          queued -= 1;
        });
    };
  } catch {
    return null;
  }
};

const consoles = (): readonly string[] => lines('/sys/class/tty/console/active');

const openScreen = async () => {
  const names = consoles();
  const isVideo = (name: string): boolean => /^tty\d+$/.test(name);
  const writersOf = async (wanted: readonly string[]): Promise<Writer | null> => {
    const writers = (await Promise.all(wanted.map(consoleWriter))).filter((writer) => writer !== null);
    return writers.length === 0 ? null : (text) => writers.forEach((write) => write(text));
  };
  const serial = await writersOf(names.filter((name) => !isVideo(name)));
  return createTerminal({
    video: await writersOf(names.filter(isVideo)),
    serial: serial ?? (() => undefined),
    now: () => performance.now(),
  });
};

export const linuxEnvironment = async (words: BootWords, agentVersion: string): Promise<AgentEnvironment> => {
  const source = linuxSource();
  const tools = systemTools();
  const overlayFolder = `${RUN}/identity`;
  await clearSnapshot(tools, overlayFolder);
  const listDisks = (): Promise<readonly DiskDevice[]> =>
    listLinuxDisks(source, {
      writeProtected: new Set(lines(`${RUN}/write-protected`)),
      bootMedia: new Set(lines(`${RUN}/boot-media`)),
    });
  /** Looks the disk up by who it is: names move between boots and even within one. */
  const find = async (disk: Disk): Promise<DiskDevice | null> => {
    const fitting = (await listDisks()).filter((candidate) => sameDisk(candidate.attributes, disk));
    return fitting.find((candidate) => candidate.attributes.path === disk.path) ?? (fitting.length === 1 ? (fitting[0] ?? null) : null);
  };
  return {
    words,
    agentVersion,
    architecture: process.arch,
    readInventory: (trustedKeys, signal) =>
      readInventory({ source, listDisks, trustedKeys, bootMac: words.mac, architecture: process.arch, signal }),
    listenToSwitches: (inventory, signal) =>
      listenLldp(
        source,
        inventory.nics.filter((nic) => nic.carrier !== false).map((nic) => nic.name),
        { waitMs: SWITCH_PERIOD_MS, signal },
      ).then((heard) => [...heard]),
    device: async (disk) => {
      const found = await find(disk);
      if (found === null) return null;
      const { path } = found.attributes;
      return surely(
        blockDevice(path, identityOf(disk), tools, overlayFolder),
        async () => (await find({ ...disk, path }))?.attributes.path === path,
      );
    },
    describe: async (disk, trustedKeys) => {
      const found = await find(disk);
      if (found !== null) return describeDisk(found, { trustedKeys });
      return {
        ...disk,
        content: null,
        problem: { code: 'disk.replaced', message: `${disk.path} is no longer there.`, next: 'Look at the disks again.' },
      };
    },
    localBoot: async (disk, mode) => {
      const reader = await (await find(disk))?.open();
      if (reader === undefined) return { kind: 'uefi', espUuid: null, loaderPath: null };
      try {
        return await localBootOf(reader, disk.logicalSectorBytes, mode);
      } finally {
        await reader.close();
      }
    },
    scripts: systemScripts({ folder: RUN, isolate: true, fence: createDiskFence(join(RUN, 'devices'), tools) }),
    tools,
    screen: await openScreen(),
    keyboard: terminalKeyboard(consoles().map((name) => `/dev/${name}`)),
    memory: keptIn(SESSION_FILE),
    drafts: keptIn(DRAFT_FILE),
    startDiskNext: () => setBootEntryOnce(tools),
    // Stage 2's init restarts the machine when the agent ends without an error.
    leave: () => Promise.resolve(),
    setClock: async (nowAtMs) => {
      await tools.run('date', ['-u', '-s', `@${Math.floor(nowAtMs / 1000)}`]);
    },
    workers: workersFor(availableParallelism()),
  };
};
