// A Debian mirror for a wire that has none: a process in the lab's namespace answers there, and a socket in the file system leads from it to
// this process, which fetches from the mirror that this computer's apt uses.
//   node test/rack/vm/mirror.ts PORT SOCKET      the process in the namespace
import { createServer as createHttpServer, get } from 'node:http';
import { connect, createServer } from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { hostMirrors } from '../../../scripts/bootkit/mirror.ts';
import type { LabStation } from './lab-station.ts';

export type Mirror = {
  /** As the machines reach it. */
  readonly host: string;
  readonly folder: string;
  /** As this computer reaches it. */
  readonly origin: string;
  /** What was asked of it. */
  readonly paths: readonly string[];
  stop(): Promise<void>;
};

const PORT = 8079;
const ADDRESS = '10.77.0.1';

/** `Release` and `Release.gpg` of one InRelease (RFC 4880 section 7): the text without its last line end, and the signatures over it. */
const takeApart = (inRelease: string): Readonly<Record<'Release' | 'Release.gpg', string>> => {
  const begin = inRelease.indexOf('\n\n') + 2;
  const end = inRelease.indexOf('\n-----BEGIN PGP SIGNATURE-----');
  return { Release: inRelease.slice(begin, end), 'Release.gpg': inRelease.slice(end + 1) };
};

const passOn = (base: string, paths: string[]) => {
  const bad = (response: ServerResponse) => (error: Error) => void response.writeHead(502).end(error.message);
  return (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? '/';
    paths.push(path);
    // A mirror that is just being updated may have one of the two and not yet the other; the installer asks for both, apt for InRelease.
    const [, folder, name] = /^(.*\/dists\/[^/]+\/)(Release(?:\.gpg)?)$/.exec(path) ?? [];
    if (folder !== undefined && (name === 'Release' || name === 'Release.gpg')) {
      get(new URL(`${folder}InRelease`, base), (answer) => {
        text(answer).then((inRelease) => response.writeHead(answer.statusCode ?? 502).end(takeApart(inRelease)[name]), bad(response));
      }).on('error', bad(response));
      return;
    }
    get(new URL(path, base), (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    }).on('error', bad(response));
  };
};

/** Ends with `stop`; the namespace's process ends with the station's lab. */
export const startMirror = async (station: LabStation): Promise<Mirror> => {
  const { main } = await hostMirrors();
  if (main === undefined) throw new Error('no Debian mirror is configured on this computer: name one in /etc/apt/sources.list');
  const mirror = new URL(main);
  if (mirror.protocol !== 'http:') throw new Error(`the mirror ${main} is not plain HTTP, which is all that this lab passes on`);
  const paths: string[] = [];
  const socket = join(station.folder, 'mirror.socket');
  const server = createHttpServer(passOn(mirror.origin, paths));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  await station.namespace.node('test/rack/vm/mirror.ts', [String(PORT), socket]).line(/^mirror at /);
  return {
    host: `${ADDRESS}:${PORT}`,
    folder: mirror.pathname.replace(/\/$/, ''),
    origin: main.replace(/\/$/, ''),
    paths,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

if (import.meta.main) {
  const [port = '', socket = ''] = process.argv.slice(2);
  createServer((near) => {
    const far = connect(socket);
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    near.on('error', end).pipe(far);
    far.on('error', end).pipe(near);
  }).listen(Number(port), () => console.log(`mirror at ${port}`));
}
