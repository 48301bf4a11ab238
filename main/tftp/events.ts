// What the TFTP server tells about itself; the wire log and the boot timeline are made of these.
import type { Endpoint } from './datagrams.ts';

interface About {
  readonly client: Endpoint;
  readonly path: string;
}

interface Transferred extends About {
  readonly sizeBytes: number;
  /** Bytes that the client has confirmed. */
  readonly bytes: number;
  readonly durationMs: number;
  readonly blockSizeBytes: number;
  readonly windowSize: number;
  readonly repeatedBlocks: number;
}

export type TftpEvent =
  | ({ readonly kind: 'finished' } & Transferred)
  /** The client asked for the size and left, as UEFI firmware does before it downloads (ERROR 8). No failure. */
  | ({ readonly kind: 'probed' } & Transferred)
  | ({ readonly kind: 'aborted'; readonly code: number; readonly message: string } & Transferred)
  /** `allSent`: the last block was sent and only its acknowledgement is missing; most likely the client has the file. */
  | ({ readonly kind: 'timed-out'; readonly allSent: boolean } & Transferred)
  /** The file became unreadable half way. */
  | ({ readonly kind: 'broken'; readonly message: string } & Transferred)
  | ({
      readonly kind: 'refused';
      readonly reason: 'not-found' | 'read-only' | 'mode' | 'unreadable' | 'no-socket';
      readonly message: string;
    } & About)
  /** Too many transfers at once; the client hears nothing and asks again. */
  | ({ readonly kind: 'busy' } & About)
  /** Somebody else's packet hit a transfer's port; it was answered with ERROR 5 and changed nothing. */
  | ({ readonly kind: 'stranger'; readonly stranger: Endpoint } & About)
  | { readonly kind: 'malformed'; readonly client: Endpoint; readonly sizeBytes: number };
