// A real window listener on loopback with a one-file window, and clients that note what reaches them.
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPipe } from '../../main/pipe/pipe-server.ts';
import { startWindowListener } from '../../main/pipe/listen.ts';
import { connectPipe } from '../../preload/contract/pipe-client.ts';
import { emptySnapshot, handlersWith } from './station-stub.ts';
import type { Pipe, PipeOptions } from '../../main/pipe/pipe-server.ts';
import type { WindowListener } from '../../main/pipe/listen.ts';
import type { PipeClient, PipeClientOptions } from '../../preload/contract/pipe-client.ts';
import type { StationEvent } from '../../preload/contract/events.ts';
import type { LinkState } from '../../preload/contract/pipe.ts';

export const TOKEN = 'a-token-of-the-test';

export type Rig = {
  readonly pipe: Pipe;
  readonly listener: WindowListener;
  readonly folder: string;
  /** Stops the listener and starts it on the same port, as after a crash of the network path (the pipe stays). */
  readonly relisten: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export const startRig = async (options: Partial<PipeOptions> = {}): Promise<Rig> => {
  const folder = await mkdtemp(join(tmpdir(), 'rackside-pipe-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><style nonce="__RACKSIDE_NONCE__"></style><script src="/assets/a.js"></script>',
  );
  await writeFile(join(folder, 'assets', 'a.js'), 'export {};');
  await writeFile(join(folder, 'assets', 'secret.key'), 'not a window file');
  const pipe = createPipe({ handlers: handlersWith({}), snapshot: emptySnapshot, ...options });
  const listen = async (port: number): Promise<WindowListener> => {
    const started = await startWindowListener({ port, token: TOKEN, bundleFolder: folder, pipe });
    if (!started.ok) throw new Error(started.failure.message);
    return started.value;
  };
  let listener = await listen(0);
  return {
    pipe,
    folder,
    get listener() {
      return listener;
    },
    relisten: async () => {
      const { port } = listener.address;
      await listener.stop();
      listener = await listen(port);
    },
    stop: async () => {
      pipe.close();
      await listener.stop();
      await rm(folder, { recursive: true });
    },
  };
};

export type Noted = PipeClient & {
  readonly events: readonly StationEvent[];
  readonly links: readonly LinkState['kind'][];
  /** Resolves as soon as `test` holds for what was noted so far. */
  readonly until: (
    test: (noted: { readonly events: readonly StationEvent[]; readonly links: readonly LinkState['kind'][] }) => boolean,
  ) => Promise<void>;
};

export const connect = (url: string, options: Partial<PipeClientOptions> = {}): Noted => {
  const events: StationEvent[] = [];
  const links: LinkState['kind'][] = [];
  const waiting = new Set<() => void>();
  const check = (): void => waiting.forEach((one) => one());
  const client = connectPipe({
    url,
    token: TOKEN,
    random: () => 0,
    onEvent: (event) => (events.push(event), check()),
    onLink: (state) => (links.push(state.kind), check()),
    ...options,
  });
  return {
    ...client,
    events,
    links,
    until: (test) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!test({ events, links })) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
};
