// HTTP clients that people and our own stage 1 use, against our server on a real (virtual) wire: curl and BusyBox wget.
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFilesLab, httpPort, stationAddress } from './files-lab.ts';
import type { FilesLab } from './files-lab.ts';
import type { Program } from './program.ts';

const content = randomBytes(32_000_000);
const url = `http://${stationAddress}:${httpPort}/file`;
let lab: FilesLab;
let station: Program;

beforeEach(async () => {
  lab = createFilesLab('http');
  writeFileSync(join(lab.served, 'file'), content);
  station = await lab.start();
});
afterEach(() => lab.dispose());

const copy = (): string => join(lab.fetched, 'copy');

test('curl: whole, HEAD, a range, and the rest of a download that broke off', async () => {
  const machine = lab.machine(1);
  expect(await machine.run(['curl', '-sS', url, '-o', copy()])).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(copy()).equals(content)).toBe(true);

  const head = await machine.run(['curl', '-sSI', url]);
  expect(head.stdout.toLowerCase()).toContain(`content-length: ${content.length}\r\n`);

  await machine.run(['curl', '-sS', '-r', '100-199', url, '-o', copy()]);
  expect(readFileSync(copy()).equals(content.subarray(100, 200))).toBe(true);

  writeFileSync(copy(), content.subarray(0, 1_234_567));
  expect(await machine.run(['curl', '-sS', '-C', '-', url, '-o', copy()])).toMatchObject({ code: 0 });
  expect(readFileSync(copy()).equals(content)).toBe(true);
  expect(JSON.parse(await station.line(/"status":206,"bytes":30/))).toMatchObject({
    kind: 'answered',
    complete: true,
    client: { address: '10.8.0.11' },
  });
});

test('a download that is cut off leaves the server whole, and the next one goes on where it ended', async () => {
  const machine = lab.machine(1);
  await machine.run(['sh', '-c', `curl -sS ${url} | head -c 1000000 > ${copy()}`]);
  expect(await station.line(/"complete":false/)).toContain('"/file"');
  expect(statSync(copy()).size).toBe(1_000_000);
  expect(await machine.run(['curl', '-sS', '-C', '-', url, '-o', copy()])).toMatchObject({ code: 0 });
  expect(readFileSync(copy()).equals(content)).toBe(true);
});

test('BusyBox wget, as stage 1 fetches stage 2', async () => {
  expect(await lab.machine(1).run(['busybox', 'wget', '-q', '-O', copy(), url])).toMatchObject({ code: 0 });
  expect(readFileSync(copy()).equals(content)).toBe(true);
});

test('a peer of another subnet is turned away, even where a route leads to us', async () => {
  const stranger = lab.machine(2, '10.99.0.7/24');
  stranger.ip(`route add ${stationAddress} dev eth0`);
  lab.station.ip('route add 10.99.0.0/24 dev eth0');
  const result = await stranger.run(['curl', '-sS', '-m', '5', url]);
  // The reset comes before or after curl has seen that it is connected: curl(1) calls the first 7, the second 56.
  expect([7, 56]).toContain(result.code);
  expect(result).toMatchObject({ stdout: '', stderr: expect.stringMatching(/reset by peer|failed to connect/i) as string });
  expect(JSON.parse(await station.line(/peer-refused/))).toEqual({ kind: 'peer-refused', address: '10.99.0.7' });
});
