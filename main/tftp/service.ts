// The TFTP server: read-only, a virtual table of files, one socket per transfer on the NIC that the station serves (RFC 1350, 2347-2349, 7440).
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { decodeTftp, encodeTftp, tftpError } from './codec.ts';
import type { TftpRequest } from './codec.ts';
import type { Datagrams, Endpoint, OpenDatagrams } from './datagrams.ts';
import type { TftpEvent } from './events.ts';
import { defaultLimits, negotiate } from './negotiate.ts';
import type { TftpLimits } from './negotiate.ts';
import { runSession } from './session.ts';
import type { Session } from './session.ts';
import { openSource } from './source.ts';
import type { TftpFile } from './source.ts';

export interface TftpOptions {
  readonly openDatagrams: OpenDatagrams;
  /** 69 on a real wire; 0 = any free one. */
  readonly port: number;
  /** The virtual table: the path as the client sent it → a file, or null for ERROR 1 (not found). Never touches a path outside its table. */
  readonly resolve: (path: string, client: Endpoint) => Promise<TftpFile | null>;
  readonly onEvent: (event: TftpEvent) => void;
  /** Above it requests are left unanswered: firmware asks again, while an ERROR would end its boot. */
  readonly maxTransfers?: number;
  readonly limits?: TftpLimits;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

export interface RunningTftp {
  readonly address: Endpoint;
  /** Transfers under way. */
  readonly activeTransfers: () => number;
  /** Tells clients under way, closes every socket. */
  stop(): Promise<void>;
}

type Refusal = (TftpEvent & { kind: 'refused' })['reason'];

interface Entry {
  readonly request: TftpRequest;
  /** Null while the file is being looked up. */
  session: Session | null;
}

/** Failures are those of `openDatagrams` (port taken, no rights, no such NIC). */
export const startTftp = async (options: TftpOptions): Promise<Result<RunningTftp>> => {
  const { openDatagrams, resolve, onEvent, maxTransfers = 512, limits = defaultLimits, now = () => performance.now() } = options;
  const opened = await openDatagrams(options.port);
  if (!opened.ok) return opened;
  const listener = opened.value;
  /** By client address and port. */
  const entries = new Map<string, Entry>();
  const underWay = new Set<Promise<void>>();
  let stopping = false;

  const serve = async (entry: Entry, client: Endpoint): Promise<void> => {
    const { request } = entry;
    const socket = await openDatagrams(0);
    if (!socket.ok) {
      onEvent({ kind: 'refused', reason: 'no-socket', message: socket.failure.message, client, path: request.path });
      return;
    }
    const answer = stopping ? null : await prepare(request, client, socket.value);
    if (!answer || stopping) {
      await answer?.source.close();
      await socket.value.close();
      return;
    }
    entry.session = runSession({ socket: socket.value, client, request, now, onEvent, ...answer });
    await entry.session.ended;
  };

  const prepare = async (request: TftpRequest, client: Endpoint, socket: Datagrams) => {
    const refuse = async (code: number, reason: Refusal, message: string): Promise<null> => {
      const words = reason === 'unreadable' ? 'the file cannot be read' : message;
      await socket.send(encodeTftp({ kind: 'error', code, message: words }), client).catch(() => {});
      onEvent({ kind: 'refused', reason, message, client, path: request.path });
      return null;
    };
    if (request.kind === 'write') return refuse(tftpError.accessViolation, 'read-only', 'this server is read-only');
    // netascii is served as octet: a boot file is never text to be converted, and ROMs that say netascii mean octet.
    if (request.mode !== 'octet' && request.mode !== 'netascii') return refuse(tftpError.illegalOperation, 'mode', 'unknown transfer mode');
    const file = await resolve(request.path, client).catch((error: unknown) => String(error));
    if (!file) return refuse(tftpError.notFound, 'not-found', 'file not found');
    const source = typeof file === 'string' ? failed('tftp.resolve-failed', file, 'Report this.') : await openSource(file);
    if (!source.ok) return refuse(tftpError.undefined, 'unreadable', source.failure.message);
    return { source: source.value, ...negotiate(request, source.value.sizeBytes, limits) };
  };

  const accept = (request: TftpRequest, client: Endpoint): void => {
    const key = `${client.address}:${client.port}`;
    const running = entries.get(key);
    // Still being looked up, or our first packet was lost: the client repeats itself, and the running transfer's timer answers.
    if (running && (!running.session || (running.session.isFresh() && isSame(running.request, request)))) return;
    // The client began anew from the same port; what it had before is void, and hearing of it would only confuse it.
    running?.session?.cancel(null);
    if (!running && entries.size >= maxTransfers) {
      onEvent({ kind: 'busy', client, path: request.path });
      return;
    }
    const entry: Entry = { request, session: null };
    entries.set(key, entry);
    const work = serve(entry, client).finally(() => {
      underWay.delete(work);
      if (entries.get(key) === entry) entries.delete(key);
    });
    underWay.add(work);
  };

  listener.onMessage((bytes, client) => {
    if (stopping) return;
    const packet = decodeTftp(bytes);
    // Acknowledgements and errors that stray here are left unanswered, or two servers could keep each other busy.
    if (!packet.ok) onEvent({ kind: 'malformed', client, sizeBytes: bytes.length });
    else if (packet.value.kind === 'read' || packet.value.kind === 'write') accept(packet.value, client);
  });

  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    stopping = true;
    await listener.close();
    for (const { session } of entries.values()) session?.cancel('the station stops serving');
    await Promise.allSettled(underWay);
  };

  return success({
    address: listener.address,
    activeTransfers: () => entries.size,
    stop: () => (stopped ??= stop()),
  });
};

const isSame = (one: TftpRequest, other: TftpRequest): boolean => encodeTftp(one).equals(encodeTftp(other));
