// The calls of a deep check that gives the library back what it lacks of an image: which chunks those are, and the chunks
// (main/library/heals.ts).
import { success } from '../../agent/protocol/failure.ts';
import { WIRE } from '../../agent/protocol/messages.ts';
import type { Route } from '../http/routes.ts';
import type { Heals } from '../library/heals.ts';
import type { Agents } from './agents.ts';
import { jobRoutes } from './job-routes.ts';
import type { LibraryJourney } from './library-routes.ts';
import type { AgentCalls } from './routes.ts';

export const healRoutes = (
  agents: Agents,
  calls: AgentCalls,
  heals: Heals,
  journey: Pick<LibraryJourney, 'onLibrary'>,
): readonly Route[] => {
  const post = jobRoutes(agents, calls, journey, calls.onHealAsked);
  return [
    post(WIRE.healMissing(':job'), async (job) => {
      const lacking = await heals.missing(job);
      if (!lacking.ok) return lacking;
      const { chunks, entries } = lacking.value;
      return success({ chunks, entries: Buffer.from(entries.buffer, entries.byteOffset, entries.byteLength).toString('base64') });
    }),
    post(WIRE.healChunks(':job'), async (job, body) => {
      const received = await heals.receive(job, body);
      return received.ok ? success({}) : received;
    }),
  ];
};
