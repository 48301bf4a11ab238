// What the tests of bad input share: a station, a small image, and machines whose disks, names and writes a test can tamper with
// between any two steps. Everything goes over the same DHCP, TFTP, HTTP and pipe as ever.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TargetDevice } from '../../../agent/disk/target-disk.ts';
import type { AgentEnvironment } from '../../../agent/environment.ts';
import type { DiskAttributes } from '../../../agent/inventory/block/device.ts';
import type { EventView, ImageView, MachineView } from '../../../preload/contract/views.ts';
import { writeDemoImage } from '../demo-image.ts';
import type { DemoBoot } from '../demo-image.ts';
import { makeHardware } from '../hardware.ts';
import type { HardwareKind, RackHardware } from '../hardware.ts';
import { need, startRehearsal } from '../rehearsal.ts';
import type { Rehearsal, RehearsalOptions } from '../rehearsal.ts';
import { createSoftwareTarget, makeDisk } from '../software-target.ts';
import type { PowerCycle, SoftwareDisk, SoftwareTargetOptions } from '../software-target.ts';

export const MIB = 1024 * 1024;
/** Two shared cores and a whole suite beside this test. */
export const PATIENCE_MS = 50_000;
const CONTENT_BYTES = 6 * MIB;

export type DiskWish = Partial<DiskAttributes> & { readonly serial: string };

export type MachineWish = {
  readonly kind?: HardwareKind;
  readonly number?: number;
  readonly firmware?: 'bios' | 'uefi';
  readonly secureBoot?: boolean;
  /** Default: one SATA disk that is large enough. */
  readonly disks?: readonly DiskWish[];
  readonly wrapDevice?: (device: TargetDevice) => TargetDevice;
  readonly wrapEnvironment?: (environment: AgentEnvironment) => AgentEnvironment;
  readonly runInstaller?: SoftwareTargetOptions['runInstaller'];
};

export type LabMachine = {
  readonly hardware: RackHardware;
  /** What is plugged in; a test may pull, swap and rename. */
  readonly disks: SoftwareDisk[];
  readonly console: string[];
  powerOn(): void;
  /** Pulls the plug; resolves when the machine is dead. */
  powerOff(): Promise<void>;
  /** How the power cycle that runs now ends by itself. */
  ended(): Promise<PowerCycle>;
  view(): MachineView;
  /** The machine once it is so; rejects with what it says instead. */
  is(what: string, accept: (machine: MachineView) => boolean): Promise<MachineView>;
  reaches(state: MachineView['state']): Promise<MachineView>;
  /** Waits for the question about erasing. */
  asks(): Promise<MachineView>;
};

export type Lab = {
  readonly folder: string;
  readonly rehearsal: Rehearsal;
  /** Path of an image file that was not imported. */
  imageFile(options?: { readonly boot?: DemoBoot; readonly contentBytes?: number; readonly seed?: number }): Promise<string>;
  /** An image in the library. */
  image(options?: {
    readonly boot?: DemoBoot;
    readonly contentBytes?: number;
    readonly seed?: number;
    readonly role?: string;
  }): Promise<ImageView & { readonly path: string }>;
  /** Every machine gets the newest image with `role=test`. */
  policy(): Promise<void>;
  machine(wish?: MachineWish): Promise<LabMachine>;
  events(): readonly EventView[];
  /** An event, past or to come. */
  heard(kind: string, text?: RegExp): Promise<EventView>;
  stop(): Promise<void>;
};

export const startLab = async (options: Partial<RehearsalOptions> = {}): Promise<Lab> => {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'rackside-fault-')));
  const events: EventView[] = [];
  const machines: LabMachine[] = [];
  const remember = (more: readonly EventView[]): void => {
    for (const event of more) if (events.every(({ id }) => id !== event.id)) events.push(event);
    events.sort((left, right) => left.id - right.id);
  };
  // These tests look at no window, so that none has to be built for them.
  const bundleFolder = join(folder, 'window');
  await mkdir(bundleFolder, { recursive: true });
  await writeFile(join(bundleFolder, 'index.html'), '<!doctype html>');
  const rehearsal = await startRehearsal({
    autoConsent: false,
    bundleFolder,
    ...options,
    folder,
    onEvent: (event) => {
      if (event.name === 'event.logged') remember([event.payload]);
      options.onEvent?.(event);
    },
  }).catch(async (error: unknown) => {
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    throw error;
  });
  /** What was logged before this window listened; from its answer on, the window hears everything. */
  const catchUp = async (): Promise<void> =>
    remember(await need(rehearsal.call('events.list', { afterId: 0, limit: 1000, machineId: null })));
  await catchUp();
  // The station's ports change when it is restarted; firmware finds it anew by broadcast, our machines by asking here.
  const wire = {
    get dhcp() {
      return rehearsal.wire().dhcp;
    },
    get tftp() {
      return rehearsal.wire().tftp;
    },
  };

  const imageFile: Lab['imageFile'] = async ({ boot = 'both', contentBytes = CONTENT_BYTES, seed = 1 } = {}) => {
    const path = join(folder, `image-${boot}-${contentBytes}-${seed}.raw`);
    await writeDemoImage(path, { contentBytes, seed, boot });
    return path;
  };
  const viewOf = (hardware: RackHardware): MachineView | undefined =>
    rehearsal.machines().find(({ macs }) => macs.includes(hardware.bootMac));

  return {
    folder,
    rehearsal,
    imageFile,
    image: async ({ role = 'test', ...rest } = {}) => {
      const path = await imageFile(rest);
      const name = `${role} ${rest.boot ?? ''}`.trim();
      return { ...(await need(rehearsal.call('images.import', { path, name, labels: { role }, notes: '' }))), path };
    },
    policy: async () => {
      const policy = {
        name: 'everything',
        rank: 10,
        when: { all: [{ fact: 'memory.size', atLeast: '1 GiB' }] },
        outcome: { kind: 'deploy-newest', labels: { role: 'test' } },
        consent: 'ask',
      };
      await need(rehearsal.call('policies.add', { policy: policy as never }));
    },
    machine: async (wish = {}) => {
      const number = wish.number ?? machines.length + 1;
      const hardware = makeHardware(wish.kind ?? 'qemu', number, {
        secureBoot: wish.secureBoot ?? false,
        ...(wish.firmware === undefined ? {} : { firmware: wish.firmware }),
      });
      const disks: SoftwareDisk[] = [];
      for (const [index, { serial, ...attributes }] of (wish.disks ?? [{ serial: `DISK-${number}` }]).entries())
        disks.push(await makeDisk(join(folder, `disk-${number}-${index}.raw`), { sizeBytes: 48 * MIB, ...attributes, serial }));
      const lines: string[] = [];
      const target = createSoftwareTarget({
        hardware,
        firmware: hardware.firmware,
        disks,
        wire,
        onConsole: (line) => void lines.push(line),
        ...(wish.wrapDevice === undefined ? {} : { wrapDevice: wish.wrapDevice }),
        ...(wish.wrapEnvironment === undefined ? {} : { wrapEnvironment: wish.wrapEnvironment }),
        ...(wish.runInstaller === undefined ? {} : { runInstaller: wish.runInstaller }),
      });
      let power = new AbortController();
      let cycle: Promise<PowerCycle> | null = null;
      const is: LabMachine['is'] = async (what, accept) => {
        const isSo = (): MachineView | undefined => {
          const view = viewOf(hardware);
          return view !== undefined && accept(view) ? view : undefined;
        };
        await rehearsal
          .until(() => isSo() !== undefined, what, PATIENCE_MS)
          .catch((error: unknown) => {
            throw new Error(`${String(error)}\nconsole:\n${lines.join('\n')}\nevents:\n${events.map(({ text }) => text).join('\n')}`);
          });
        const view = isSo();
        if (view === undefined) throw new Error(`it was ${what}, and is no more`);
        return view;
      };
      const machine: LabMachine = {
        hardware,
        disks,
        console: lines,
        powerOn: () => {
          power = new AbortController();
          cycle = target.powerOn(power.signal);
          // Who waits for it sees it; who does not wait has switched it off.
          cycle.catch(() => undefined);
        },
        powerOff: async () => {
          power.abort();
          await cycle?.catch(() => undefined);
        },
        ended: () => cycle ?? Promise.reject(new Error('the machine is off')),
        view: () => {
          const view = viewOf(hardware);
          if (view === undefined) throw new Error('the station has not heard this machine');
          return view;
        },
        is,
        reaches: (state) => is(state, (view) => view.state === state),
        asks: () => is('asking about erasing', ({ question }) => question?.kind === 'erase'),
      };
      machines.push(machine);
      return machine;
    },
    events: () => events,
    heard: async (kind, text = /./) => {
      const find = (): EventView | undefined => events.find((event) => event.kind === kind && text.test(event.text));
      await rehearsal
        .until(() => find() !== undefined, `heard of ${kind}`, PATIENCE_MS)
        .catch((error: unknown) => {
          throw new Error(`${String(error)}\nevents:\n${events.map((event) => `${event.kind} ${event.text}`).join('\n')}`);
        });
      return find() ?? Promise.reject(new Error(`${kind} is gone`));
    },
    stop: async () => {
      for (const machine of machines) await machine.powerOff();
      await rehearsal.stop();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
};

/** SHA-256 of a disk or an image: whether anything was written. */
export const hashOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
};

/** Every file below, relative and sorted. */
export const filesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();

/** The pack of the last import. */
export const newestPack = async (lab: Lab): Promise<string> => {
  const folder = join(lab.folder, 'library');
  const packs = (await filesIn(folder)).filter((name) => name.endsWith('.pack')).map((name) => join(folder, name));
  const dated = await Promise.all(packs.map(async (path) => ({ path, atMs: (await stat(path)).mtimeMs })));
  const [newest] = dated.toSorted((left, right) => right.atMs - left.atMs);
  if (newest === undefined) throw new Error('the library has no pack');
  return newest.path;
};

/** Codes of what a machine says against an image. */
export const refusalsOf = (machine: MachineView): readonly string[] =>
  machine.question?.kind === 'refused' ? machine.question.failures.map(({ code }) => code) : [];

/** A gate that holds a disk's writes once `afterBytes` were written, until it is opened; `cut` is the disk of a machine whose power goes. */
export const createGate = (afterBytes: number) => {
  let writtenBytes = 0;
  let state: 'holding' | 'open' | 'cut' = 'holding';
  let release: () => void = () => undefined;
  let arrive: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const reached = new Promise<void>((resolve) => (arrive = resolve));
  const turn = (to: 'open' | 'cut') => (): void => {
    state = to;
    release();
  };
  const needPower = (): void => {
    if (state === 'cut') throw new Error('this disk has no power');
  };
  return {
    /** Resolves when the writing stands at the gate. */
    reached,
    writtenBytes: () => writtenBytes,
    open: turn('open'),
    /** Nothing is written any more, not even what was held, until it is opened. */
    cut: turn('cut'),
    wrapDevice: (device: TargetDevice): TargetDevice => ({
      ...device,
      open: async () => {
        const disk = await device.open();
        if (!disk.ok) return disk;
        const { value } = disk;
        const write = async (offsetBytes: number, bytes: Uint8Array): Promise<void> => {
          if (writtenBytes >= afterBytes && state === 'holding') {
            arrive();
            await released;
          }
          needPower();
          await value.write(offsetBytes, bytes);
          writtenBytes += bytes.length;
        };
        const powered =
          (change: (at: number, length: number) => Promise<void>) =>
          async (at: number, length: number): Promise<void> => {
            needPower();
            await change(at, length);
          };
        return {
          ok: true,
          value: {
            ...value,
            write,
            read: (at, into) => value.read(at, into),
            zero: powered((at, length) => value.zero(at, length)),
            discard: powered((at, length) => value.discard(at, length)),
            flush: () => value.flush(),
            close: () => value.close(),
          },
        };
      },
    }),
  };
};
