// A window for other computers: what must be given for it, and that it is there by TLS alone and beside the one on loopback.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { readFarWindow } from '../../main/pipe/far-window.ts';
import type { FarWindowWish } from '../../main/pipe/far-window.ts';
import type { WireOptions } from '../../main/wire/options.ts';
import { createCommandLab } from '../command/station.ts';
import type { CommandLab } from '../command/station.ts';
import { CERTIFICATE, KEY } from './certificate.ts';

let folder: string;
let files: { readonly certificateFile: string; readonly keyFile: string };
let lab: CommandLab;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-far-'));
  files = { certificateFile: join(folder, 'certificate.pem'), keyFile: join(folder, 'key.pem') };
  await writeFile(files.certificateFile, CERTIFICATE);
  await writeFile(files.keyFile, KEY);
  lab = await createCommandLab();
});
afterAll(async () => {
  await lab.stop();
  await rm(folder, { recursive: true });
});

const LOOPBACK: WireOptions = { kind: 'loopback', leases: 10 };
const RACK: WireOptions = {
  kind: 'rack',
  nic: 'eth7',
  network: { address: '10.77.0.1', prefixLength: 24 },
  mode: 'server',
  pool: { first: '10.77.0.100', last: '10.77.0.200' },
  httpPort: 8067,
  leaseSeconds: 3600,
};

describe('what is given for it', () => {
  const read = async (wish: Partial<FarWindowWish>, wire: WireOptions = LOOPBACK): Promise<string> => {
    const result = await readFarWindow({ address: undefined, certificateFile: undefined, keyFile: undefined, ...wish }, wire);
    return result.ok ? (result.value === null ? 'none' : `${result.value.host} ${result.value.names.join()}`) : result.failure.code;
  };

  test('an address of ours, a certificate and its key', async () => {
    expect(await read({})).toBe('none');
    expect(await read({ address: '192.168.1.20', ...files })).toBe('192.168.1.20 rack.example');
    expect(await read({ address: '192.168.1.20', ...files }, RACK)).toBe('192.168.1.20 rack.example');
  });
  test.each(['0.0.0.0', '::', 'rack.example', ''])('not "%s", which is no one address', async (address) => {
    expect(await read({ address, ...files })).toBe('window.address-invalid');
  });
  test('never without TLS, and never on the wire of the machines', async () => {
    expect(await read({ address: '192.168.1.20' })).toBe('window.tls-wanted');
    expect(await read({ address: '192.168.1.20', certificateFile: files.certificateFile })).toBe('window.tls-wanted');
    expect(await read({ address: '10.77.0.1', ...files }, RACK)).toBe('window.on-the-wire');
    expect(await read(files)).toBe('window.address-invalid');
  });
  test('files that are no such pair are named before anything starts', async () => {
    const address = '192.168.1.20';
    const other = join(folder, 'other.pem');
    await writeFile(other, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }));
    expect(await read({ address, ...files, keyFile: other })).toBe('window.certificate-invalid');
    expect(await read({ address, ...files, certificateFile: files.keyFile })).toBe('window.certificate-invalid');
    expect(await read({ address, ...files, keyFile: join(folder, 'none.pem') })).toBe('window.certificate-unreadable');
  });
});

/** Status of a request by TLS that trusts the certificate, under this name. */
const statusOf = (url: URL, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const options = { ca: CERTIFICATE, servername: 'rack.example', headers: { host: `${host}:${url.port}` } };
    request(url, options, (response) => (response.resume(), resolve(response.statusCode ?? 0)))
      .on('error', reject)
      .end();
  });

test('a station serves it beside its own: by its address and name, with the token, and to nobody by another name', async () => {
  const words = ['--window-address', '127.0.0.1', '--window-certificate', files.certificateFile, '--window-key', files.keyFile];
  const { program, url, farUrl } = await lab.serve(0, ...words);
  const far = new URL(farUrl ?? '');
  expect([new URL(url).protocol, far.protocol]).toEqual(['http:', 'https:']);
  expect(await statusOf(far, '127.0.0.1')).toBe(200);
  expect(await statusOf(far, 'rack.example')).toBe(200);
  expect(await statusOf(far, 'evil.example')).toBe(421);
  const opens = (token: string): Promise<number> =>
    new Promise((resolve) => {
      const origin = `https://rack.example:${far.port}`;
      const socket = new WebSocket(`wss://127.0.0.1:${far.port}/pipe`, ['rackside', `token.${token}`], { ca: CERTIFICATE, origin });
      socket.on('open', () => (socket.terminate(), resolve(101)));
      socket.on('unexpected-response', (_request, response) => (response.resume(), resolve(response.statusCode ?? 0)));
      socket.on('error', () => undefined);
    });
  expect(await opens(far.hash.slice('#token='.length))).toBe(101);
  expect(await opens('guess')).toBe(401);
  // `rackside` goes on by loopback.
  expect((await lab.rackside('status')).code).toBe(0);
  await program.stop('SIGINT');
});
