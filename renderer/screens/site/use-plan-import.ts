// Takes a plan from a file, a drop or a paste to the station: what was refused stays with its reasons, and what would replace
// another plan waits for a person.
import { useState } from 'react';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { WORDS } from '../../words/screens.ts';
import { planText } from './read-plan-file.ts';
import type { Failure, Result } from '../../../agent/protocol/failure.ts';
import type { PlanDifference, PlanImport, SitePlanView } from '../../../preload/contract/plan-views.ts';

type PlanFile = { readonly name: string; readonly text: string };
export type PlanImporting = {
  readonly refused: { readonly name: string; readonly failure: Failure } | null;
  readonly asking: { readonly file: PlanFile; readonly difference: PlanDifference } | null;
  /** With which letters the file was read, where it did not say so itself. */
  readonly note: string | null;
  readonly take: (file: File | undefined) => Promise<void>;
  readonly takeText: (text: string) => Promise<Result<unknown>>;
  readonly replaced: (done: PlanImport) => void;
  readonly close: () => void;
};

export const usePlanImport = (onPlan: (plan: SitePlanView | null) => void): PlanImporting => {
  const [refused, setRefused] = useState<PlanImporting['refused']>(null);
  const [note, setNote] = useState<string | null>(null);
  const [asking, setAsking] = useState<PlanImporting['asking']>(null);
  const done = ({ plan }: PlanImport): void => {
    onPlan(plan);
    if (plan !== null) tell(WORDS.site.imported(plan.name, plan.counts.expected));
  };
  const send = async (file: PlanFile): Promise<Result<unknown>> => {
    const result = await call('plan.import', { ...file, replace: false });
    if (!result.ok) return result;
    if (result.value.applied) done(result.value);
    else setAsking({ file, difference: result.value.difference });
    return result;
  };
  return {
    refused,
    asking,
    note,
    take: async (file) => {
      if (file === undefined) return;
      setRefused(null);
      setNote(null);
      // The station keeps names of 120 characters at most.
      const name = file.name.slice(-120);
      const text = planText(name, new Uint8Array(await file.arrayBuffer()));
      const result = text.ok ? await send({ name, text: text.value.text }) : text;
      if (!result.ok) setRefused({ name, failure: result.failure });
      else if (text.ok) setNote(text.value.note);
    },
    takeText: (text) => {
      setRefused(null);
      setNote(null);
      return send({ name: WORDS.site.pasted, text });
    },
    replaced: done,
    close: () => setAsking(null),
  };
};
