// The machine's disks as the station sees them: who each one is, what it holds, and why it may not be written. Read-only; a
// disk that fails or does not answer costs only itself.
import type { TrustedKeys } from '../image/signature.ts';
import type { DiskAttributes, DiskDevice } from '../inventory/block/device.ts';
import { readContent } from '../inventory/block/content.ts';
import { contentExclusions, hardwareExclusions } from '../inventory/block/exclusions.ts';
import type { Disk, ProvenanceView } from '../protocol/disk.ts';
import type { Failure } from '../protocol/failure.ts';

export type DescribeOptions = {
  /** Keys whose provenance records this agent trusts; from the station's hello answer. */
  readonly trustedKeys: TrustedKeys;
  /** How long to wait; a disk that is later is reported as not answering. */
  readonly timeoutMs?: number;
};

const DEFAULT_TIMEOUT_MS = 8000;
/** Disks read at the same time: enough for a full shelf, few enough for 512 MB of memory. */
const AT_ONCE = 8;
const NO_RECORD: ProvenanceView = { verdict: 'absent', osoid: null, manifestSha256: null, stationName: null, keyId: null, writtenAt: null };

const unread = (attributes: DiskAttributes, problem: Failure): Disk => ({
  ...pick(attributes),
  exclusions: [...hardwareExclusions(attributes)],
  content: null,
  provenance: NO_RECORD,
  problem,
});

const pick = (attributes: DiskAttributes): Omit<Disk, 'exclusions' | 'content' | 'provenance' | 'problem'> => {
  const { removable: _removable, readOnlyHardware: _readOnly, bootMedia: _bootMedia, ...rest } = attributes;
  return rest;
};

const read = async (device: DiskDevice, trustedKeys: TrustedKeys): Promise<Disk> => {
  const { attributes } = device;
  const reader = await device.open();
  try {
    const { sizeBytes, logicalSectorBytes, serial, wwn } = attributes;
    const identity = { serial, wwn, sizeBytes };
    const found = await readContent(reader.read, { sizeBytes, logicalSectorBytes, identity, trustedKeys });
    return {
      ...pick(attributes),
      exclusions: [...hardwareExclusions(attributes), ...contentExclusions(found.signatures, found.table)],
      content: found.content,
      provenance: found.provenance,
      problem: null,
    };
  } finally {
    await reader.close();
  }
};

/** One disk. Never rejects: a disk that cannot be read has `content: null` and a `problem`. */
export const describeDisk = async (device: DiskDevice, options: DescribeOptions): Promise<Disk> => {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Disk>((resolve) => {
    timer = setTimeout(() => {
      const message = `${device.attributes.path} did not answer in time.`;
      resolve(unread(device.attributes, { code: 'disk.not-answering', message, next: 'Check the disk and its cable, then look again.' }));
    }, timeoutMs);
  });
  const reading = read(device, options.trustedKeys).catch((error: unknown) => {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const message = `${device.attributes.path} cannot be read (${reason}).`;
    return unread(device.attributes, { code: 'disk.unreadable', message, next: 'Replace the disk, or pull it and look again.' });
  });
  try {
    return await Promise.race([reading, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** The same volume seen twice is reached over several paths; writing one path behind the other's back destroys it. */
const withMultipath = (disks: readonly Disk[]): readonly Disk[] =>
  disks.map((disk) => {
    const twins = disks.filter((other) => disk.wwn !== null && other.wwn === disk.wwn && other.sizeBytes === disk.sizeBytes);
    return twins.length > 1 ? { ...disk, exclusions: [...disk.exclusions, 'multipath'] } : disk;
  });

/** All disks, in the order given. `timeoutMs` bounds the whole: a disk that hangs holds up one of eight lanes, no more. */
export const describeDisks = async (devices: readonly DiskDevice[], options: DescribeOptions): Promise<readonly Disk[]> => {
  const end = performance.now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const disks: Disk[] = [];
  const waiting = devices.entries();
  const lane = async (): Promise<void> => {
    for (const [index, device] of waiting) {
      disks[index] = await describeDisk(device, { ...options, timeoutMs: Math.max(0, end - performance.now()) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return withMultipath(disks);
};
