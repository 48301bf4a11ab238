// One report or one word of a person changes everything that it changes, or nothing: where it cannot be saved (a full disk), its
// orders are taken back before they leave, and what is in memory is read again.
import { durably } from '../database/open.ts';
import type { Database } from '../database/open.ts';
import type { Parts } from './journey-parts.ts';

export type SavingOptions = Pick<Parts, 'machines' | 'jobs' | 'arming' | 'sendOrder'> & {
  readonly database: Database;
  /** Takes an order back that was sent in the same breath. */
  readonly withdrawOrder: (sessionId: string, sequence: number) => void;
};

export type Saving = {
  /** What `work` changes is saved together, or not at all. */
  readonly atomically: <T>(work: () => T) => T;
  /** What `work` saves survives a power cut: a person's word must not be asked for again. */
  readonly durably: <T>(work: () => T) => T;
  /** For the orders of `work`. */
  readonly sendOrder: Parts['sendOrder'];
};

export const createSaving = ({ machines, jobs, arming, database, sendOrder, withdrawOrder }: SavingOptions): Saving => {
  let sent: { readonly sessionId: string; readonly sequence: number }[] = [];
  return {
    atomically: (work) => {
      sent = [];
      try {
        return database.transaction(work)();
      } catch (error) {
        for (const { sessionId, sequence } of sent) withdrawOrder(sessionId, sequence);
        jobs.reload();
        machines.reload();
        arming.reload();
        throw error;
      }
    },
    durably: (work) => durably(database, work),
    sendOrder: (sessionId, order) => {
      const sequence = sendOrder(sessionId, order);
      if (sequence !== null) sent.push({ sessionId, sequence });
      return sequence;
    },
  };
};
