// The calls of a capture, or of a build that ends like one: which chunks are missing, the chunks, the chunk table, and the end.
// What travels is checked before it is kept (main/library/captures.ts).
import { failed, success } from '../../agent/protocol/failure.ts';
import { captureMissingSchema, capturePublishSchema } from '../../agent/protocol/capture.ts';
import { WIRE } from '../../agent/protocol/messages.ts';
import type { Route } from '../http/routes.ts';
import type { ImagingJob } from '../jobs/job-rows.ts';
import type { Captures } from '../library/captures.ts';
import type { Agents } from './agents.ts';
import { jobRoutes } from './job-routes.ts';
import type { JobWork } from './job-routes.ts';
import type { LibraryJourney } from './library-routes.ts';
import type { AgentCalls } from './routes.ts';
import { parseBody } from './routes.ts';

const hasEnded = failed('job.ended', 'This capture has ended.', 'Its image is in the library.');

export const captureRoutes = (
  agents: Agents,
  calls: AgentCalls,
  captures: Captures,
  journey: Pick<LibraryJourney, 'onLibrary'>,
): readonly Route[] => {
  const post = jobRoutes(agents, calls, journey, calls.onCaptureAsked);
  const running = (pattern: string, work: JobWork<ImagingJob>): Route =>
    post(pattern, (job, body, request) => (job.result === null ? work(job, body, request) : Promise.resolve(hasEnded)));

  return [
    running(WIRE.captureMissing(':job'), async (job, body) => {
      const asked = parseBody(body, captureMissingSchema);
      if (!asked.ok) return asked;
      const wanted = await captures.missing(job, asked.value.hashes);
      return wanted.ok ? success({ wanted: wanted.value }) : wanted;
    }),
    running(WIRE.captureChunks(':job'), async (job, body) => {
      const received = await captures.receive(job, body);
      return received.ok ? success({}) : received;
    }),
    running(WIRE.captureTable(':job'), async (job, body, request) => {
      const taken = await captures.table(job, body, Number(request.query.get('at') ?? 0));
      return taken.ok ? success({}) : taken;
    }),
    post(WIRE.capturePublish(':job'), async (job, body) => {
      // The answer to an earlier call was lost: the image is there, and the job has ended by it.
      if (job.result !== null) return success(job.result);
      const image = parseBody(body, capturePublishSchema);
      if (!image.ok) return image;
      const published = await captures.publish(job, image.value);
      if (published.ok) calls.onCaptured(job.id, published.value);
      return published;
    }),
  ];
};
