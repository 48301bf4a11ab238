// What a deploy would put on the disk, by the station's own judgement: asked for anew shortly after the wish has stood still.
import { useEffect, useState } from 'react';
import { useAnswer } from '../../store/use-answer.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { CallArgument } from '../../../preload/contract/calls.ts';
import type { Outlook } from '../../../preload/contract/outlook.ts';

type Wish = CallArgument<'machines.outlook'>['wish'];

export type OutlookState = {
  /** The last good one: it stays on the screen while a person types. */
  readonly outlook: Outlook | null;
  readonly failure: Failure | null;
  /** True when what is shown is of this very wish, and good. */
  readonly isCurrent: boolean;
};

const SETTLE_MS = 350;

/** `about`: whatever it depends on besides the wish. */
export const useOutlook = (machineId: string, wish: Wish, about?: unknown): OutlookState => {
  const text = JSON.stringify(wish);
  const [still, setStill] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setStill(text), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { value, failure } = useAnswer('machines.outlook', { machineId, wish: JSON.parse(still) as Wish }, about);
  const [last, setLast] = useState<Outlook | null>(null);
  if (value !== undefined && value !== last) setLast(value);
  return { outlook: value ?? last, failure, isCurrent: still === text && value !== undefined && failure === null };
};
