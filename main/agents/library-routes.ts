// Images for agents: manifest, signature, chunk table and batches of chunks, for sessions only. Bytes come straight from the
// library's packs; the agent checks every one of them again.
import { z } from 'zod';
import { failed } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { BATCH_CHUNKS } from '../../agent/image/chunk.ts';
import { WIRE } from '../../agent/protocol/messages.ts';
import type { HttpAnswer } from '../http/answer.ts';
import { failureAnswer } from '../http/answer.ts';
import { pathPattern } from '../http/routes.ts';
import type { Route } from '../http/routes.ts';
import type { ImageFiles } from '../library/images.ts';
import type { Library } from '../library/library.ts';
import type { Agents } from './agents.ts';
import type { AgentCalls } from './routes.ts';
import { parseBody, proveSession, refuse } from './routes.ts';
import type { StoredSession } from './session-store.ts';

const chunksSchema = z.object({
  hashes: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .min(1)
    .max(BATCH_CHUNKS),
});

const bytes = (content: Uint8Array): HttpAnswer => ({ kind: 'bytes', bytes: content });

/** A library that is away for the moment (unplugged disk) must pause a job, not end it: 503 is tried again by the agent. */
const PASSING: ReadonlySet<string> = new Set(['library.missing', 'library.unreadable']);

export const isPassing = (failure: Failure): boolean => PASSING.has(failure.code);

const answerFailure = (failure: Failure): HttpAnswer =>
  isPassing(failure) ? failureAnswer(503, { ...failure, code: 'link.station-busy' }) : failureAnswer(404, failure);

export type LibraryJourney = {
  /** True where a person accepted this image for the machine of this session although its signature is not trusted. */
  acceptsSignature(session: StoredSession, osoid: string): boolean;
  /** The machine waits for a library that is away; null once it goes on. */
  onLibrary(session: StoredSession, failure: Failure | null): void;
};

/** Tells a machine's journey when a request finds a library away, and when one no longer does. */
export const libraryTeller = (
  journey: Pick<LibraryJourney, 'onLibrary'>,
): (<T>(session: StoredSession, result: Result<T>) => Result<T>) => {
  /** Sessions whose last request found a library away. */
  const waiting = new Set<string>();
  return (session, result) => {
    if (!result.ok && isPassing(result.failure)) {
      waiting.add(session.id);
      journey.onLibrary(session, result.failure);
    } else if (waiting.delete(session.id)) journey.onLibrary(session, null);
    return result;
  };
};

export const libraryRoutes = (
  agents: Agents,
  calls: AgentCalls,
  library: () => Library | null,
  journey: LibraryJourney,
): readonly Route[] => {
  const told = libraryTeller(journey);
  const noLibrary = failureAnswer(
    503,
    failed('link.station-busy', 'The library is not open.', 'Plug its disk in again; this goes on by itself.').failure,
  );
  const file = (pattern: string, pick: (files: ImageFiles) => Uint8Array): Route => ({
    method: 'GET',
    match: pathPattern(pattern),
    handle: async (request, parts) => {
      const proven = await proveSession(agents, calls, request);
      if (!proven.ok) return refuse(proven.failure);
      const open = library();
      if (open === null) return noLibrary;
      const osoid = parts['osoid'] ?? '';
      const { session } = proven.value;
      const files = told(session, await open.manifest(osoid, { allowUntrusted: journey.acceptsSignature(session, osoid) }));
      return files.ok ? bytes(pick(files.value)) : answerFailure(files.failure);
    },
  });
  return [
    file(WIRE.manifest(':osoid'), (files) => files.manifestBytes),
    file(WIRE.signature(':osoid'), (files) => files.signatureBytes),
    file(WIRE.chunkTable(':osoid'), (files) => files.chunkTableBytes),
    {
      method: 'POST',
      match: pathPattern(WIRE.chunks(':osoid')),
      handle: async (request) => {
        const proven = await proveSession(agents, calls, request);
        if (!proven.ok) return refuse(proven.failure);
        const wanted = parseBody(proven.value.body, chunksSchema);
        if (!wanted.ok) return refuse(wanted.failure);
        const open = library();
        if (open === null) return noLibrary;
        const frames = told(proven.value.session, await open.frames(wanted.value.hashes));
        return frames.ok
          ? { kind: 'bytes', bytes: frames.value.bytes, release: () => frames.value.release() }
          : answerFailure(frames.failure);
      },
    },
  ];
};
