// Wraps a disk so that it fails as real ones do: power cut at the Nth write with a volatile cache (what was not flushed is lost, in
// part and in any order), a write error, a read that gives back something else.
import fc from 'fast-check';
import type { TargetDisk } from '../../agent/disk/target-disk.ts';

export type Fault =
  /** The power goes at write number `atWrite` (1 = the first). Of the unflushed writes a part, chosen by `seed`, survives. */
  | { readonly kind: 'power-cut'; readonly atWrite: number; readonly seed: number }
  /** Write number `atWrite` and all later ones fail with EIO. */
  | { readonly kind: 'write-error'; readonly atWrite: number }
  /** Reads of the byte at `offsetBytes` come back with one bit turned, once it was written. */
  | { readonly kind: 'bit-flip'; readonly offsetBytes: number };

export type FaultDisk = TargetDisk & { writes(): number };

const PIECE_BYTES = 1024 * 1024;

export const systemError = (syscall: 'read' | 'write', code = 'EIO'): Error =>
  Object.assign(new Error(`${code}: i/o error, ${syscall}`), { code, errno: -5, syscall });

/** Without a fault it only counts writes. Flushes end in this wrapper: what survives is decided here, not by the host's own disk. */
export const faultDisk = (disk: TargetDisk, fault: Fault | null): FaultDisk => {
  let writes = 0;
  let dead = false;
  let cached: { readonly offsetBytes: number; readonly bytes: Buffer }[] = [];
  let flipped = false;

  const commit = async (survives: (index: number) => boolean): Promise<void> => {
    const pending = cached;
    cached = [];
    for (const [index, { offsetBytes, bytes }] of pending.entries()) if (survives(index)) await disk.write(offsetBytes, bytes);
  };
  const write = async (offsetBytes: number, bytes: Uint8Array): Promise<void> => {
    if (dead) throw systemError('write');
    writes += 1;
    if (fault?.kind === 'write-error' && writes >= fault.atWrite) throw systemError('write');
    if (fault?.kind === 'bit-flip' && offsetBytes <= fault.offsetBytes && fault.offsetBytes < offsetBytes + bytes.length) flipped = true;
    if (fault?.kind !== 'power-cut') return disk.write(offsetBytes, bytes);
    cached.push({ offsetBytes, bytes: Buffer.from(bytes) });
    if (writes < fault.atWrite) return;
    dead = true;
    const survivors = fc.sample(fc.boolean(), { seed: fault.seed, numRuns: cached.length });
    await commit((index) => survivors[index] === true);
    throw systemError('write');
  };
  return {
    ...disk,
    writes: () => writes,
    write,
    zero: async (offsetBytes, lengthBytes) => {
      for (let done = 0; done < lengthBytes; done += PIECE_BYTES)
        await write(offsetBytes + done, Buffer.alloc(Math.min(PIECE_BYTES, lengthBytes - done)));
    },
    read: async (offsetBytes, into) => {
      if (dead) throw systemError('read');
      await disk.read(offsetBytes, into);
      for (const { offsetBytes: at, bytes } of cached) {
        const start = Math.max(at, offsetBytes);
        const end = Math.min(at + bytes.length, offsetBytes + into.length);
        if (start < end) into.set(bytes.subarray(start - at, end - at), start - offsetBytes);
      }
      if (fault?.kind !== 'bit-flip' || !flipped) return;
      const at = fault.offsetBytes - offsetBytes;
      if (at >= 0 && at < into.length) into[at] = (into[at] ?? 0) ^ 1;
    },
    flush: async () => {
      if (dead) throw systemError('write');
      await commit(() => true);
    },
    close: async () => {
      if (!dead) await commit(() => true);
      await disk.close();
    },
  };
};
