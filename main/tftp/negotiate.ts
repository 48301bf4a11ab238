// Which options of a read request we grant, and what a transfer then looks like (RFC 2347-2349, 7440). Pure.
import type { TftpOptions, TftpRequest } from './codec.ts';
import type { TransferPlan } from './transfer.ts';

export interface TftpLimits {
  /** Largest block we grant. 1468 + 4 + UDP 8 + IP 20 = 1500: a bigger one would be sent in IP fragments, which boot ROMs drop. */
  readonly maxBlockSizeBytes: number;
  readonly maxWindowSize: number;
}

export const defaultLimits: TftpLimits = { maxBlockSizeBytes: 1468, maxWindowSize: 64 };

/** Without a blksize option (RFC 1350). */
const plainBlockSizeBytes = 512;
const minBlockSizeBytes = 8;

/** Waiting longer than this between repeats helps nobody: firmware gives up after some ten seconds. */
const timeoutCeilingMs = 4000;

export interface Negotiated {
  readonly plan: TransferPlan;
  /** What to send in the OACK; empty = none is sent and block 1 answers the request. */
  readonly granted: TftpOptions;
}

/** An option we do not know, or with a value that makes no sense, is left out of the answer, which RFC 2347 reads as "not granted". */
export const negotiate = (request: TftpRequest, sizeBytes: number, limits: TftpLimits = defaultLimits): Negotiated => {
  const granted = new Map<string, string>();
  let blockSizeBytes = plainBlockSizeBytes;
  let windowSize = 1;
  let ceilingMs = timeoutCeilingMs;
  for (const [name, text] of request.options) {
    const value = whole(text);
    if (value === null) continue;
    if (name === 'blksize' && value >= minBlockSizeBytes) {
      blockSizeBytes = Math.min(value, limits.maxBlockSizeBytes);
      granted.set(name, String(blockSizeBytes));
    } else if (name === 'windowsize' && value >= 1 && value <= 65535) {
      windowSize = Math.min(value, limits.maxWindowSize);
      granted.set(name, String(windowSize));
    } else if (name === 'tsize') {
      granted.set(name, String(sizeBytes));
    } else if (name === 'timeout' && value >= 1 && value <= 255) {
      // Taken as the longest we may wait: curl asks for 6 s by default, and one lost packet would then cost 6 s.
      ceilingMs = Math.min(ceilingMs, value * 1000);
      granted.set(name, String(value));
    }
  }
  const plan = { sizeBytes, blockSizeBytes, windowSize, offersOptions: granted.size > 0, timeoutCeilingMs: ceilingMs };
  return { plan, granted };
};

const whole = (text: string): number | null => (/^\d{1,10}$/.test(text) ? Number(text) : null);
