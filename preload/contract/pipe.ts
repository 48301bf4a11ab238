// The pipe between a window and its station: JSON text frames over a WebSocket (docs/adr has why it is our own). This file is
// what travels; pipe-client.ts is the window's end, main/pipe/pipe-server.ts the station's.
import { z } from 'zod';
import { failureSchema } from '../../agent/protocol/failure.ts';
import type { CallAnswer, CallArgument, CallName } from './calls.ts';
import type { Result } from '../../agent/protocol/failure.ts';

/** WebSocket subprotocol; a client that cannot send headers or cookies offers `token.` + its token beside it. */
export const PIPE_PROTOCOL = 'rackside';
export const TOKEN_PROTOCOL_PREFIX = 'token.';
export const PIPE_PATH = '/pipe';
export const SESSION_PATH = '/session';

/** Longest frame that a client may send, bytes. Bulk data goes over HTTP, never through the pipe. */
export const MAX_CLIENT_FRAME_BYTES = 1024 * 1024;
/** What a call has beside its argument. */
const CALL_ROOM_BYTES = 4096;
/** Whether a call with this argument may be sent: quotes and line ends are two bytes in a frame, letters beyond ASCII up to four. */
export const fitsFrame = (argument: unknown): boolean =>
  new TextEncoder().encode(JSON.stringify(argument)).length <= MAX_CLIENT_FRAME_BYTES - CALL_ROOM_BYTES;

/** The station speaks at least this often; a client that hears nothing for twice as long and a bit takes the link as lost. */
export const BEAT_INTERVAL_MS = 15_000;
export const SILENCE_LIMIT_MS = 2 * BEAT_INTERVAL_MS + 5_000;

const callIdSchema = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const sequenceSchema = z.number().int().nonnegative();

export const clientFrameSchema = z.discriminatedUnion('kind', [
  /** Subscribes to events. Names the last event seen, or epoch null for a first visit. */
  z.strictObject({ kind: z.literal('hello'), epoch: z.string().max(100).nullable(), seq: sequenceSchema }),
  z.strictObject({ kind: z.literal('call'), id: callIdSchema, name: z.string().max(100), argument: z.unknown() }),
  z.strictObject({ kind: z.literal('cancel'), id: callIdSchema }),
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;

export const serverFrameSchema = z.discriminatedUnion('kind', [
  /** Answers hello: where the station's count stands. Missed events follow, or one `snapshot`. */
  z.object({ kind: z.literal('hello'), epoch: z.string(), seq: sequenceSchema }),
  /** `id` is null when the frame that is answered had none that could be read. */
  z.discriminatedUnion('ok', [
    z.object({ kind: z.literal('answer'), id: callIdSchema.nullable(), ok: z.literal(true), value: z.unknown() }),
    z.object({ kind: z.literal('answer'), id: callIdSchema.nullable(), ok: z.literal(false), failure: failureSchema }),
  ]),
  /** Numbered without gaps within an epoch; `snapshot` carries the number of the last event it contains. */
  z.object({ kind: z.literal('event'), epoch: z.string(), seq: sequenceSchema, name: z.string(), payload: z.unknown() }),
  /**
   * `progress.changed`, which has no number and is never repeated: the newest of each job replaces all before it, and a window that
   * reads slowly is given it less often. A returning window gets all of it anew.
   */
  z.object({ kind: z.literal('progress'), payload: z.unknown() }),
  z.object({ kind: z.literal('beat') }),
]);
export type ServerFrame = z.infer<typeof serverFrameSchema>;

/** What every client of the pipe holds: the typed calls. */
export type PipeCall = <N extends CallName>(
  name: N,
  argument: CallArgument<N>,
  options?: { readonly signal?: AbortSignal },
) => Promise<Result<CallAnswer<N>>>;

export type LinkState =
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'up' }
  | { readonly kind: 'down'; readonly attempt: number; readonly retryInMs: number }
  | { readonly kind: 'closed' };
