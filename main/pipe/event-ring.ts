// The station's memory of its latest events, so that a window that was away for a moment gets exactly what it missed.
// Pure: it keeps frames that are already text.

export type EventRing = {
  /** Number of the last event kept, 0 before the first. */
  readonly last: () => number;
  /** Keeps the frame that `make` writes for the next number, and returns it. */
  readonly push: (make: (seq: number) => string) => string;
  /** Frames after `seq` in order, or null when some of them are no longer (or not yet) here. */
  readonly after: (seq: number) => readonly string[] | null;
};

/** Limits are a count of events and a sum of characters; whichever is reached first lets the oldest go. */
export const createEventRing = (limits: { readonly events: number; readonly characters: number }): EventRing => {
  let frames: string[] = [];
  let start = 0;
  let first = 1;
  let characters = 0;
  const count = (): number => frames.length - start;
  const last = (): number => first + count() - 1;
  return {
    last,
    push: (make) => {
      const frame = make(last() + 1);
      frames.push(frame);
      characters += frame.length;
      while (count() > limits.events || (characters > limits.characters && count() > 1)) {
        characters -= frames[start]?.length ?? 0;
        frames[start] = '';
        start += 1;
        first += 1;
      }
      // The dropped head is cut off in one go now and then, never element by element.
      if (start > limits.events) [frames, start] = [frames.slice(start), 0];
      return frame;
    },
    after: (seq) => (seq > last() || seq < first - 1 ? null : frames.slice(start + (seq - first + 1))),
  };
};
