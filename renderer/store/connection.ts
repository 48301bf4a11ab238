// The one place where the window talks to its station: finds its address, exchanges the token for a session, keeps the
// subscription and lends out the calls.
import { failed } from '../../agent/protocol/failure.ts';
import { connectPipe } from '../../preload/contract/pipe-client.ts';
import { PIPE_PATH, SESSION_PATH } from '../../preload/contract/pipe.ts';
import { applyEvents } from './apply-events.ts';
import { bridge } from './bridge.ts';
import { currentProgress, replaceProgress } from './progress-slice.ts';
import { useStation } from './station-store.ts';
import type { StationEvent } from '../../preload/contract/events.ts';
import type { PipeClient } from '../../preload/contract/pipe-client.ts';
import type { PipeCall } from '../../preload/contract/pipe.ts';

/** Events are drawn together, this often at most: faster than that nobody reads. */
const BATCH_MS = 60;

let client: PipeClient | null = null;
let queue: StationEvent[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

const flush = (): void => {
  timer = undefined;
  const events = queue;
  queue = [];
  const before = { state: useStation.getState(), progress: currentProgress() };
  const after = applyEvents(before, events);
  if (after.state !== before.state) useStation.setState(after.state, true);
  if (after.progress !== before.progress) replaceProgress(after.progress);
};

const receive = (event: StationEvent): void => {
  queue.push(event);
  timer ??= setTimeout(flush, event.name === 'snapshot' ? 0 : BATCH_MS);
};

/** Calls the station. Never rejects; without a link it answers `pipe.link-lost`. */
export const call: PipeCall = (name, argument, options) =>
  client === null
    ? Promise.resolve(failed('pipe.link-lost', 'There is no link to the station.', 'The window keeps trying to reach it.'))
    : client.call(name, argument, options);

const tokenFromAddress = (): string | null => {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  // Out of the address bar and the history at once.
  if (token !== null) history.replaceState(null, '', location.pathname);
  return token;
};

const openSession = async (token: string): Promise<void> => {
  const headers = { 'content-type': 'application/json' };
  await fetch(SESSION_PATH, { method: 'POST', headers, body: JSON.stringify({ token }) }).catch(() => null);
};

/** A browser is not told why a WebSocket was refused; the session's own address says whether it was the key. */
const askWhetherKeyFits = async (): Promise<void> => {
  const answer = await fetch(SESSION_PATH).catch(() => null);
  if (answer?.status === 401) useStation.setState({ link: { kind: 'no-key' } });
};

const openPipe = (url: string, token: string | null): void => {
  client = connectPipe({
    url,
    ...(token === null ? {} : { token }),
    onEvent: receive,
    onRefused: (refused) => useStation.setState({ refused }),
    onUnreadable: (what) => console.error('unreadable from the station:', what),
    onLink: (link) => {
      const noKey = useStation.getState().link.kind === 'no-key';
      if (noKey && link.kind !== 'up') return;
      useStation.setState({ link });
      if (link.kind === 'down' && token === null) void askWhetherKeyFits();
    },
  });
};

/** Connects for the life of the window. */
export const startConnection = (): void => {
  const desktop = bridge();
  if (desktop !== null) return openPipe(desktop.pipeUrl, desktop.token);
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${PIPE_PATH}`;
  const token = tokenFromAddress();
  if (token === null) openPipe(url, null);
  else void openSession(token).then(() => openPipe(url, null));
};
