// Everything that an agent may ask of the wire listener, in one list: its calls, the library, what captures, builds and deep checks bring to
// it, and payload files of builds.
import type { Captures } from '../library/captures.ts';
import type { Heals } from '../library/heals.ts';
import type { Shelf } from '../library/shelf.ts';
import type { Route } from '../http/routes.ts';
import type { FromAgents } from '../journey/from-agents.ts';
import type { Agents } from './agents.ts';
import { buildRoutes } from './build-routes.ts';
import { captureRoutes } from './capture-routes.ts';
import { healRoutes } from './heal-routes.ts';
import { libraryRoutes } from './library-routes.ts';
import type { LibraryJourney } from './library-routes.ts';
import { agentRoutes } from './routes.ts';
import type { AgentCalls } from './routes.ts';

export type WireRouteParts = {
  readonly agents: Agents;
  readonly calls: AgentCalls;
  readonly captures: Captures;
  readonly heals: Heals;
  readonly library: Shelf;
  readonly journey: Pick<FromAgents, 'acceptsSignature' | 'onLibrary'>;
};

export const wireRoutes = ({ agents, calls, captures, heals, library, journey }: WireRouteParts): readonly Route[] => {
  const ofSession: LibraryJourney = {
    acceptsSignature: (session, osoid) => journey.acceptsSignature(session.id, osoid),
    onLibrary: (session, failure) => journey.onLibrary(session.id, failure),
  };
  return [
    ...agentRoutes(agents, calls),
    ...libraryRoutes(agents, calls, () => library, ofSession),
    ...captureRoutes(agents, calls, captures, ofSession),
    ...healRoutes(agents, calls, heals, ofSession),
    ...buildRoutes(agents, calls, library, ofSession),
  ];
};
