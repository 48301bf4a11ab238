// Page-aligned memory in slots of equal size, the agent's whole budget for disk content in flight. A WebAssembly.Memory is
// page aligned, which O_DIRECT needs and ordinary Buffers are not; a shared one can be filled and hashed by workers.

export type Slot = {
  readonly bytes: Buffer;
  /** Byte offset of the slot in the arena's memory; names the slot to a worker. */
  readonly offsetBytes: number;
  release(): void;
};

export type Arena = {
  readonly slotBytes: number;
  readonly slots: number;
  /** The shared memory behind the slots; workers get it once. */
  readonly memory: SharedArrayBuffer;
  /** Waits for a free slot, first come first served; rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<Slot>;
};

const WASM_PAGE_BYTES = 65_536;

/** Node has it, its type declarations leave it to the DOM's, which the agent does not have. */
declare const WebAssembly: {
  readonly Memory: new (limits: { readonly initial: number; readonly maximum: number; readonly shared: true }) => {
    readonly buffer: SharedArrayBuffer;
  };
};

/** Page-aligned and shared. The kernel commits pages on first touch, so what is not used costs nothing. */
export const alignedMemory = (lengthBytes: number): SharedArrayBuffer => {
  const pages = Math.ceil(lengthBytes / WASM_PAGE_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer;
};

/** `slotBytes` and `startBytes` must be multiples of 4096; the slots lie in `memory` from `startBytes` on. */
export const createArena = (slots: number, slotBytes: number, memory = alignedMemory(slots * slotBytes), startBytes = 0): Arena => {
  const free = Array.from({ length: slots }, (_, index) => startBytes + (slots - 1 - index) * slotBytes);
  const waiting: (() => void)[] = [];

  const take = async (signal: AbortSignal): Promise<Slot> => {
    signal.throwIfAborted();
    const offsetBytes = free.pop();
    if (offsetBytes === undefined) {
      await new Promise<void>((resolve, reject) => {
        const settle = (): void => {
          signal.removeEventListener('abort', abort);
          resolve();
        };
        const abort = (): void => {
          waiting.splice(waiting.indexOf(settle), 1);
          reject(signal.reason as Error);
        };
        waiting.push(settle);
        signal.addEventListener('abort', abort, { once: true });
      });
      return take(signal);
    }
    let released = false;
    return {
      bytes: Buffer.from(memory, offsetBytes, slotBytes),
      offsetBytes,
      release: () => {
        if (released) throw new Error('slot released twice');
        released = true;
        free.push(offsetBytes);
        waiting.shift()?.();
      },
    };
  };
  return { slotBytes, slots, memory, take };
};

/** True for memory that an arena handed out: its pages are aligned, so only the view's own offset has to be. */
export const isArenaMemory = (bytes: Uint8Array): boolean => bytes.buffer instanceof SharedArrayBuffer;
