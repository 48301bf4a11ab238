// What a build is given and what it says while it runs: what a capture is given, what a deploy needs to seal and record a disk, and a
// place where scripts may run.
import type { CaptureOptions } from '../capture/types.ts';
import type { DeployOptions } from '../deploy/types.ts';
import type { Result } from '../protocol/failure.ts';
import type { Order } from '../protocol/messages.ts';
import type { DiskIdentity, TableMark } from '../protocol/disk.ts';
import type { ScriptHost } from './script-host.ts';

export type BuildOrder = Extract<Order, { readonly kind: 'build' }>;

/** What was built: the record that this disk may carry names it. */
export type BuiltImage = { readonly osoid: string; readonly manifestSha256: string };

export type BuildOptions = Pick<
  DeployOptions,
  | 'device'
  | 'trustedKeys'
  | 'firmware'
  | 'secureBoot'
  | 'readContentHash'
  | 'tools'
  | 'workers'
  | 'signal'
  | 'onStep'
  | 'onProgress'
  | 'now'
> &
  Pick<CaptureOptions, 'sink' | 'logicalSectorBytes'> & {
    readonly order: BuildOrder;
    readonly scripts: ScriptHost;
    /** At most PAYLOAD_PART_BYTES from there on. */
    readonly fetchPayload: (sha256: string, offsetBytes: number) => Promise<Result<Uint8Array>>;
    /** The signed manifest of what was published. */
    readonly fetchManifest: (osoid: string) => Promise<Result<Uint8Array>>;
    readonly requestRecord: (image: BuiltImage, disk: DiskIdentity, table: TableMark | null) => Promise<Result<Uint8Array>>;
    /** Lines of the script, already bounded in rate and length. */
    readonly onLog: (text: string) => void;
  };
