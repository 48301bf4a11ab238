// A disk before anyone has looked at what it holds: who it is, and a read-only way in. Linux (linux.ts) and the software rack
// both hand these out.
import type { Disk } from '../../protocol/disk.ts';

/** Read-only bytes of one disk. Gives fewer bytes only at its end; rejects with Node's system error when the disk fails. */
export type DiskReader = {
  readonly sizeBytes: number;
  readonly read: (offsetBytes: number, lengthBytes: number) => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
};

/** What the hardware and its connection say; nothing here was read from the medium. */
export type DiskAttributes = Pick<
  Disk,
  'path' | 'serial' | 'wwn' | 'sizeBytes' | 'model' | 'vendor' | 'transport' | 'kind' | 'logicalSectorBytes' | 'physicalSectorBytes'
> & {
  readonly removable: boolean;
  /** The hardware itself refuses writes; not the flag that the agent sets on every disk at start. */
  readonly readOnlyHardware: boolean;
  /** The agent itself was booted from this medium. */
  readonly bootMedia: boolean;
};

export type DiskDevice = {
  readonly attributes: DiskAttributes;
  /** Opens for reading; the caller closes. Rejects with Node's system error. */
  readonly open: () => Promise<DiskReader>;
};

/** Attributes of an ordinary fixed disk; tests and the software rack change what they need. */
export const plainDisk = (attributes: Pick<DiskAttributes, 'path' | 'serial' | 'sizeBytes'> & Partial<DiskAttributes>): DiskAttributes => ({
  wwn: null,
  model: null,
  vendor: null,
  transport: 'unknown',
  kind: 'unknown',
  logicalSectorBytes: 512,
  physicalSectorBytes: 4096,
  removable: false,
  readOnlyHardware: false,
  bootMedia: false,
  ...attributes,
});
