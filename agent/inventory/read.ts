// The whole inventory of a machine, source by source, all at once. A source that fails is null and named in `problems`; it
// never costs another one.
import { describeDisks } from '../disk/describe.ts';
import type { TrustedKeys } from '../image/signature.ts';
import type { Disk } from '../protocol/disk.ts';
import type { Inventory, NicReading } from '../protocol/inventory.ts';
import { canonicalArchitecture } from './architecture.ts';
import type { DiskDevice } from './block/device.ts';
import { readCpu } from './cpu.ts';
import { readSmbios } from './dmi.ts';
import { readFirmware } from './firmware.ts';
import { readIpmi } from './ipmi.ts';
import { listenLldp } from './lldp.ts';
import { readMemory } from './memory.ts';
import { readNics, subnetOf } from './nic.ts';
import { driverProblems, readFirmwareProblems, readPci } from './pci.ts';
import type { HardwareSource } from './source.ts';
import { readUsb } from './usb.ts';

export type ReadInventoryOptions = {
  readonly source: HardwareSource;
  /** The machine's disks: `listLinuxDisks` on a real one (block/linux.ts). */
  readonly listDisks: () => Promise<readonly DiskDevice[]>;
  /** Keys whose provenance records count; from the station's hello answer. */
  readonly trustedKeys: TrustedKeys;
  /** MAC of the interface that it booted from, lower-case colon form. */
  readonly bootMac: string | null;
  /** Of the processor; Node's `process.arch` will do. */
  readonly architecture: string;
  /** How long to listen for LLDP; 0 does not listen. Switches speak every 30 s: listen again in the background. */
  readonly lldpWaitMs?: number;
  /** Deadline for any one source but the disks. */
  readonly sourceTimeoutMs?: number;
  readonly disksTimeoutMs?: number;
  readonly signal?: AbortSignal;
};

const DEFAULT_LLDP_WAIT_MS = 3000;
const DEFAULT_SOURCE_TIMEOUT_MS = 10_000;
/** A sleeping disk spins up in up to 30 s, and a machine without its disks can do nothing. */
const DEFAULT_DISKS_TIMEOUT_MS = 40_000;
/** Less than the source's deadline, so that one dead disk is named instead of losing them all. */
const DISKS_SHARE = 0.8;

type Problem = Inventory['problems'][number];

const within = async <T>(work: Promise<T>, timeoutMs: number, signal: AbortSignal | undefined): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  let stop: (() => void) | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    stop = () => reject(new Error('cancelled'));
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    if (stop !== undefined) signal?.removeEventListener('abort', stop);
  }
};

const addressOf = (
  nics: readonly NicReading[],
  bootMac: string | null,
): { readonly address: string | null; readonly subnet: string | null } => {
  const nic = nics.find((one) => one.mac === bootMac || one.permanentMac === bootMac);
  const cidr = nic?.addresses.find((address) => subnetOf(address) !== null);
  return cidr === undefined ? { address: null, subnet: null } : { address: cidr.split('/')[0] ?? null, subnet: subnetOf(cidr) };
};

/** Interfaces worth listening on: up or unknown, the one it booted from first. */
const lldpNames = (nics: readonly NicReading[], bootMac: string | null): readonly string[] =>
  nics
    .filter((nic) => nic.carrier !== false)
    .toSorted((a, b) => Number(b.mac === bootMac) - Number(a.mac === bootMac))
    .map((nic) => nic.name)
    .slice(0, 16);

/** Reads everything; takes at most about `sourceTimeoutMs`, or `disksTimeoutMs` where disks are slow, and never rejects. */
export const readInventory = async (options: ReadInventoryOptions): Promise<Inventory> => {
  const { source, bootMac, signal } = options;
  const timeoutMs = options.sourceTimeoutMs ?? DEFAULT_SOURCE_TIMEOUT_MS;
  const lldpWaitMs = options.lldpWaitMs ?? DEFAULT_LLDP_WAIT_MS;
  const architecture = canonicalArchitecture(options.architecture);
  const problems: Problem[] = [];
  const disksTimeoutMs = options.disksTimeoutMs ?? DEFAULT_DISKS_TIMEOUT_MS;
  const attempt = async <T>(name: string, read: () => Promise<T>, otherwise: T, deadlineMs = timeoutMs): Promise<T> => {
    try {
      return await within(read(), deadlineMs, signal);
    } catch (error) {
      problems.push({ source: name, message: error instanceof Error ? error.message : String(error) });
      return otherwise;
    }
  };
  const readDisks = async (): Promise<readonly Disk[]> =>
    describeDisks(await options.listDisks(), { trustedKeys: options.trustedKeys, timeoutMs: disksTimeoutMs * DISKS_SHARE });
  const smbiosReading = attempt('smbios', () => readSmbios(source), { dmi: null, records: [] });
  const nicsReading = attempt<readonly NicReading[]>('net', () => readNics(source), []);
  const pciReading = attempt('pci', () => readPci(source), []);
  const [smbios, nics, pci, usb, cpu, memory, firmware, lldp, ipmi, disks, firmwareProblems] = await Promise.all([
    smbiosReading,
    nicsReading,
    pciReading,
    attempt('usb', () => readUsb(source), []),
    attempt('cpu', () => readCpu(source, architecture), null),
    attempt('memory', async () => readMemory(source, (await smbiosReading).records), null),
    attempt('firmware', () => readFirmware(source), null),
    attempt(
      'lldp',
      async () =>
        lldpWaitMs <= 0
          ? []
          : listenLldp(source, lldpNames(await nicsReading, bootMac), { waitMs: lldpWaitMs, ...(signal ? { signal } : {}) }),
      [],
    ),
    attempt('ipmi', () => readIpmi(source, signal), null),
    attempt('disks', readDisks, [], disksTimeoutMs),
    attempt('kernel-log', async () => readFirmwareProblems(source, await pciReading), []),
  ]);
  problems.push(...driverProblems(pci), ...firmwareProblems);
  return {
    architecture,
    bootMac,
    ...addressOf(nics, bootMac),
    dmi: smbios.dmi,
    cpu,
    memory,
    firmware,
    nics: [...nics],
    pci: [...pci],
    usb: [...usb],
    lldp: [...lldp],
    ipmi,
    disks: [...disks],
    problems: problems.slice(0, 256),
  };
};
