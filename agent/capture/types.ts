// What a capture is given and what it says while it runs. Everything outside of the agent's own memory is injected here.
import type { DiskOverlay } from '../disk/overlay.ts';
import type { SourceDisk } from '../disk/source-disk.ts';
import type { Result } from '../protocol/failure.ts';
import type { FirmwareBoot } from '../protocol/firmware-boot.ts';
import type { CapturePublish, CaptureResult } from '../protocol/capture.ts';
import type { JobStepName, Order } from '../protocol/messages.ts';

export type CaptureOrder = Extract<Order, { readonly kind: 'capture' }>;

/** Where the image goes. Each call waits through link trouble by itself (a restarted station only pauses a job); failures are final. */
export type CaptureSink = {
  /** Positions of the ids that the library lacks. */
  missing(chunkIds: readonly string[]): Promise<Result<readonly number[]>>;
  /**
   * Frames of chunks that `missing` named, back to back, in memory that is used again once this has ended. `capture.not-asked`: the
   * station was restarted and has to be asked again.
   */
  send(frames: Uint8Array): Promise<Result<null>>;
  /** A part of the chunk table, in order. */
  table(part: Uint8Array<ArrayBuffer>, atBytes: number): Promise<Result<null>>;
  /** `capture.table-missing`: the table, or a part of it, is gone with the station's memory. `capture.incomplete`: so are chunks. */
  publish(image: CapturePublish): Promise<Result<CaptureResult>>;
};

export type CaptureOptions = {
  readonly order: CaptureOrder;
  readonly logicalSectorBytes: number;
  readonly open: () => Promise<Result<SourceDisk>>;
  /** A disk beside the source on which its filesystems can be mounted and changed; absent where nothing can be looked into. */
  readonly openOverlay?: (() => Promise<Result<DiskOverlay>>) | undefined;
  readonly sink: CaptureSink;
  /** What the machine's firmware starts; not of a build, whose system has never started. */
  readonly boot?: () => Promise<FirmwareBoot>;
  /** Threads for hashing and compressing; 0 does it in line. */
  readonly workers: number;
  readonly signal: AbortSignal;
  /** `note` is empty or one short sentence for a person. */
  readonly onStep: (step: JobStepName, state: 'started' | 'done', note: string) => void;
  /** At most four times a second. */
  readonly onProgress: (progress: {
    readonly step: JobStepName;
    readonly bytesDone: number;
    readonly bytesTotal: number;
    readonly bytesPerSecond: number;
  }) => void;
  /** Chunk size; by default as the bytes in use ask for. */
  readonly chunkSizeBytes?: number;
  /** Monotonic milliseconds; `performance.now` unless a test says otherwise. */
  readonly now?: () => number;
};
