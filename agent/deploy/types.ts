// What a deploy is given and what it says while it runs. Everything outside of the agent's own memory is injected here.
import type { TargetDevice } from '../disk/target-disk.ts';
import type { Tools } from '../disk/tools.ts';
import type { TrustedKeys } from '../image/signature.ts';
import type { DiskIdentity, TableMark } from '../protocol/disk.ts';
import type { Result } from '../protocol/failure.ts';
import type { JobStepName, Order } from '../protocol/messages.ts';

export type DeployOrder = Extract<Order, { readonly kind: 'deploy' }>;

/** Where the image comes from. Each call waits through link trouble by itself (a restarted station only pauses a job); failures are final. */
export type ImageSource = {
  manifest(): Promise<Result<Uint8Array>>;
  /** `manifest.sig` of the manifest. */
  signature(): Promise<Result<Uint8Array>>;
  chunkTable(): Promise<Result<Uint8Array>>;
  /** Frames of at most 16 chunks, back to back in the order asked for; in `into` where they fit. */
  chunks(chunkIds: readonly string[], signal: AbortSignal, into?: Uint8Array): Promise<Result<Uint8Array>>;
};

export type DeployProgress = {
  readonly step: JobStepName;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly bytesPerSecond: number;
};

export type DeployOptions = {
  readonly order: DeployOrder;
  readonly device: TargetDevice;
  readonly trustedKeys: TrustedKeys;
  readonly firmware: 'bios' | 'uefi';
  /** Whether this machine starts only what is signed. */
  readonly secureBoot: boolean;
  /** Hash of what the disk holds now, as consents are bound to it; null where it cannot be read. */
  readonly readContentHash: () => Promise<string | null>;
  readonly source: ImageSource;
  /** The station's signed provenance record for this job on this disk: the 4 KiB sector to write. */
  readonly requestRecord: (disk: DiskIdentity, table: TableMark | null) => Promise<Result<Uint8Array>>;
  readonly tools: Tools;
  /** Threads for hashing and decompressing; 0 does it in line. */
  readonly workers: number;
  readonly signal: AbortSignal;
  /** `note` is empty or one short sentence for a person. */
  readonly onStep: (step: JobStepName, state: 'started' | 'done', note: string) => void;
  /** At most four times a second. */
  readonly onProgress: (progress: DeployProgress) => void;
  /** Monotonic milliseconds; `performance.now` unless a test says otherwise. */
  readonly now?: () => number;
};
