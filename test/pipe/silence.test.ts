// A link that says nothing any more (a laptop that slept, a cable out) is taken as lost after a while, and a quiet but
// beating one is not. The socket is a stand-in, because silence on a real one takes as long as it takes.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectPipe } from '../../preload/contract/pipe-client.ts';
import { BEAT_INTERVAL_MS, SILENCE_LIMIT_MS } from '../../preload/contract/pipe.ts';
import type { LinkState } from '../../preload/contract/pipe.ts';

const sockets: SilentSocket[] = [];
class SilentSocket extends EventTarget {
  readonly readyState = 1;
  constructor() {
    super();
    sockets.push(this);
  }
  send(): void {}
  close(): void {}
}

beforeEach(() => {
  vi.useFakeTimers();
  sockets.length = 0;
});
afterEach(() => vi.useRealTimers());

test('beats keep a link, silence loses it and a new one is opened', async () => {
  const links: LinkState['kind'][] = [];
  const client = connectPipe({
    url: 'ws://nowhere/pipe',
    WebSocketImpl: SilentSocket as unknown as typeof WebSocket,
    onLink: (link) => links.push(link.kind),
  });
  sockets[0]?.dispatchEvent(new Event('open'));
  for (let beat = 0; beat < 10; beat += 1) {
    vi.advanceTimersByTime(BEAT_INTERVAL_MS);
    sockets[0]?.dispatchEvent(new MessageEvent('message', { data: '{"kind":"beat"}' }));
  }
  expect(links).toEqual(['connecting', 'up']);
  const answer = client.call('station.get', {});
  vi.advanceTimersByTime(SILENCE_LIMIT_MS + 5_000);
  expect(await answer).toMatchObject({ ok: false, failure: { code: 'pipe.link-lost' } });
  vi.advanceTimersByTime(5_000);
  expect(links.slice(2)).toEqual(['down', 'connecting']);
  expect(sockets).toHaveLength(2);
  client.close();
  expect(links.at(-1)).toBe('closed');
});
