// What a deep check is given and what it says while it runs. Everything outside of the agent's own memory is injected here.
import type { TargetDevice } from '../disk/target-disk.ts';
import type { DeployOptions } from '../deploy/types.ts';
import type { Result } from '../protocol/failure.ts';
import type { Order } from '../protocol/messages.ts';

export type VerifyOrder = Extract<Order, { readonly kind: 'verify' }>;

/** What the library lacks of the image. Each call waits through link trouble by itself; failures are final. */
export type HealSink = {
  /** How many distinct chunks, and which entries of the image's chunk table, a bit each, the lowest of a byte first. */
  missing(): Promise<Result<{ readonly chunks: number; readonly entries: Uint8Array }>>;
  /** Frames of such chunks, back to back, in memory that is used again once this has ended. */
  send(frames: Uint8Array): Promise<Result<null>>;
};

export type VerifyOptions = Pick<DeployOptions, 'trustedKeys' | 'source' | 'workers' | 'signal' | 'onStep' | 'onProgress' | 'now'> & {
  readonly order: VerifyOrder;
  readonly device: Pick<TargetDevice, 'path' | 'identity' | 'openSource'>;
  readonly logicalSectorBytes: number;
  /** Used where the order says so. */
  readonly healSink: HealSink;
};
