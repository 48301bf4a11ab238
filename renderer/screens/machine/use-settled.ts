// Guards a control that acts on what is shown: false for a second whenever that changes, so that no click lands on
// something its owner has not seen.
import { useEffect, useState } from 'react';

export const SETTLE_MS = 1000;

/** `content` names everything the person decides on; the answer is true once it has stood still for a second. */
export const useSettled = (content: string): boolean => {
  const [settled, setSettled] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(content), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [content]);
  return settled === content;
};
