// Images for agents: manifest, signature, chunk table and batches of chunks, for sessions only. Bytes come straight from the
// library's packs; the agent checks every one of them again.
import { z } from 'zod';
import { failed } from '../../agent/protocol/failure.ts';
import { BATCH_CHUNKS, WIRE } from '../../agent/protocol/messages.ts';
import type { HttpAnswer } from '../http/answer.ts';
import { failureAnswer } from '../http/answer.ts';
import { pathPattern } from '../http/routes.ts';
import type { Route } from '../http/routes.ts';
import type { ImageFiles } from '../library/images.ts';
import type { Library } from '../library/library.ts';
import type { Agents } from './agents.ts';
import type { AgentCalls } from './routes.ts';
import { parseBody, proveSession, refuse } from './routes.ts';

const chunksSchema = z.object({
  hashes: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .min(1)
    .max(BATCH_CHUNKS),
});

const bytes = (content: Uint8Array): HttpAnswer => ({ kind: 'bytes', bytes: content });

/** A library that is away for the moment (unplugged disk) must pause a job, not end it: 503 is tried again by the agent. */
const PASSING: ReadonlySet<string> = new Set(['library.missing', 'library.unreadable']);

const answerFailure = (failure: { readonly code: string; readonly message: string; readonly next: string }): HttpAnswer =>
  PASSING.has(failure.code) ? failureAnswer(503, { ...failure, code: 'link.station-busy' }) : failureAnswer(404, failure);

export const libraryRoutes = (agents: Agents, calls: AgentCalls, library: () => Library | null): readonly Route[] => {
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
      const files = await open.manifest(parts['osoid'] ?? '');
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
        const frames = await open.frames(wanted.value.hashes);
        return frames.ok
          ? { kind: 'bytes', bytes: frames.value.bytes, release: () => frames.value.release() }
          : answerFailure(frames.failure);
      },
    },
  ];
};
