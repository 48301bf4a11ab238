// Calls on the wire that belong to one job: each proves its session, and the session its job, before its body means anything. A library that
// is away makes them wait, as those for images do.
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { HttpAnswer } from '../http/answer.ts';
import { failureAnswer } from '../http/answer.ts';
import type { HttpRequest } from '../http/request.ts';
import { pathPattern } from '../http/routes.ts';
import type { Route } from '../http/routes.ts';
import type { Agents } from './agents.ts';
import { isPassing, libraryTeller } from './library-routes.ts';
import type { LibraryJourney } from './library-routes.ts';
import type { AgentCalls } from './routes.ts';
import { proveSession, refuse } from './routes.ts';
import type { StoredSession } from './session-store.ts';

/** A batch that does not compress at all: 4 MiB and a header for each chunk. */
const BATCH_LIMIT_BYTES = 4 * 1024 * 1024 + 64 * 1024;

export type JobWork<J> = (job: J, body: Buffer<ArrayBuffer>, request: HttpRequest) => Promise<Result<unknown>>;

const answerFailure = (failure: Failure): HttpAnswer =>
  isPassing(failure) ? failureAnswer(503, { ...failure, code: 'link.station-busy' }) : refuse(failure);

/** Makes routes of POST calls whose path names the job as `:job`; `asked` judges whether the session may serve it. */
export const jobRoutes = <J>(
  agents: Agents,
  calls: AgentCalls,
  journey: Pick<LibraryJourney, 'onLibrary'>,
  asked: (session: StoredSession, jobId: string) => Result<J>,
): ((pattern: string, work: JobWork<J>) => Route) => {
  const told = libraryTeller(journey);
  return (pattern, work) => ({
    method: 'POST',
    match: pathPattern(pattern),
    handle: async (request, parts) => {
      const proven = await proveSession(agents, calls, request, BATCH_LIMIT_BYTES);
      if (!proven.ok) return refuse(proven.failure);
      const job = asked(proven.value.session, parts['job'] ?? '');
      if (!job.ok) return refuse(job.failure);
      const answer = told(proven.value.session, await work(job.value, proven.value.body, request));
      return answer.ok ? { kind: 'json', value: answer.value } : answerFailure(answer.failure);
    },
  });
};
