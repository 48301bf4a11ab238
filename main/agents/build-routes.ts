// Payload files of recipes for the machines that build by them, part by part; the agent checks the whole against the signed order.
import { PAYLOAD_PART_BYTES, WIRE } from '../../agent/protocol/messages.ts';
import { failureAnswer } from '../http/answer.ts';
import { pathPattern } from '../http/routes.ts';
import type { Route } from '../http/routes.ts';
import type { Library } from '../library/library.ts';
import type { Agents } from './agents.ts';
import { isPassing, libraryTeller } from './library-routes.ts';
import type { LibraryJourney } from './library-routes.ts';
import type { AgentCalls } from './routes.ts';
import { proveSession, refuse } from './routes.ts';

export const buildRoutes = (
  agents: Agents,
  calls: AgentCalls,
  library: Pick<Library, 'payloadPart'>,
  journey: Pick<LibraryJourney, 'onLibrary'>,
): readonly Route[] => {
  const told = libraryTeller(journey);
  return [
    {
      method: 'GET',
      match: pathPattern(WIRE.payload(':job', ':sha256')),
      handle: async (request, parts) => {
        const proven = await proveSession(agents, calls, request);
        if (!proven.ok) return refuse(proven.failure);
        const payload = calls.onPayloadAsked(proven.value.session, parts['job'] ?? '', parts['sha256'] ?? '');
        if (!payload.ok) return refuse(payload.failure);
        const { sha256, sizeBytes } = payload.value;
        const asked = Number(request.query.get('at') ?? 0);
        const at = Number.isSafeInteger(asked) && asked >= 0 ? Math.min(asked, sizeBytes) : sizeBytes;
        const part = told(proven.value.session, await library.payloadPart(sha256, at, Math.min(PAYLOAD_PART_BYTES, sizeBytes - at)));
        if (part.ok) return { kind: 'bytes', bytes: part.value };
        return isPassing(part.failure) ? failureAnswer(503, { ...part.failure, code: 'link.station-busy' }) : refuse(part.failure);
      },
    },
  ];
};
