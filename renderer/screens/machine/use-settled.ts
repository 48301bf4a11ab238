// Guards a control that acts on what is shown: shut for a second whenever that changes, so that no click lands on
// something its owner has not seen.
import { useEffect, useState } from 'react';

export const SETTLE_MS = 1000;

export type Settled = {
  /** True once the content has stood still for a second. */
  readonly settled: boolean;
  /** True when it is not what was shown first. */
  readonly changed: boolean;
};

/** `content` names everything that the person decides on. */
export const useSettled = (content: string): Settled => {
  const [first] = useState(content);
  const [still, setStill] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setStill(content), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [content]);
  return { settled: still === content, changed: content !== first };
};
