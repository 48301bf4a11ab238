// TFTP clients that people use, against our server on a real (virtual) wire: curl, atftp, tftp-hpa and BusyBox.
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFilesLab, stationAddress } from './files-lab.ts';
import type { FilesLab } from './files-lab.ts';
import type { Program } from './program.ts';

const content = randomBytes(1_500_000);
let lab: FilesLab;
let station: Program;

beforeEach(async () => {
  lab = createFilesLab('tftp');
  writeFileSync(join(lab.served, 'file'), content);
  writeFileSync(join(lab.served, 'memory-file'), content);
  writeFileSync(join(lab.served, 'even'), content.subarray(0, 512 * 20));
  station = await lab.start();
});
afterEach(() => lab.dispose());

const copy = (name = 'copy'): string => join(lab.fetched, name);
const url = (name: string): string => `tftp://${stationAddress}/${name}`;
const curl = (name: string, ...words: readonly string[]): readonly string[] => ['curl', '-sS', ...words, url(name), '-o', copy()];
const atftp = (name: string, ...options: readonly string[]): readonly string[] => [
  'atftp',
  ...options.flatMap((option) => ['--option', option]),
  '-g',
  '-r',
  name,
  '-l',
  copy(),
  stationAddress,
];

describe('a download is whole', () => {
  const clients: readonly (readonly [string, readonly string[], Record<string, unknown>])[] = [
    ['curl, blocks of 512', ['curl', '-sS', '--tftp-blksize', '512'], { blockSizeBytes: 512, windowSize: 1 }],
    ['curl, blocks of 1428', ['curl', '-sS', '--tftp-blksize', '1428'], { blockSizeBytes: 1428, windowSize: 1 }],
    ['curl, larger blocks than a frame holds', ['curl', '-sS', '--tftp-blksize', '65464'], { blockSizeBytes: 1468 }],
    ['curl without options', ['curl', '-sS', '--tftp-no-options'], { blockSizeBytes: 512 }],
  ];
  test.each(clients)('%s', async (_name, words, seen) => {
    for (const name of ['file', 'memory-file', 'even']) {
      const result = await lab.machine(1 + ['file', 'memory-file', 'even'].indexOf(name)).run([...words, url(name), '-o', copy()]);
      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(readFileSync(copy()).equals(readFileSync(join(lab.served, name)))).toBe(true);
    }
    expect(JSON.parse(await station.line(/"path":"file"/))).toMatchObject({ kind: 'finished', bytes: content.length, ...seen });
  });

  test.each([
    ['atftp', [], { windowSize: 1, blockSizeBytes: 512 }],
    ['atftp, windows of 8', ['blksize 1428', 'windowsize 8'], { windowSize: 8, blockSizeBytes: 1428 }],
    ['atftp, windows of 64 by its own wish for more', ['blksize 1468', 'windowsize 200'], { windowSize: 64, blockSizeBytes: 1468 }],
    ['atftp that asks for multicast, which it does not get', ['multicast', 'blksize 1024'], { windowSize: 1, blockSizeBytes: 1024 }],
  ] as const)('%s', async (_name, options, seen) => {
    const result = await lab.machine(1).run(atftp('file', ...options));
    expect(result.code).toBe(0);
    expect(readFileSync(copy()).equals(content)).toBe(true);
    expect(JSON.parse(await station.line(/"kind":"finished"/))).toMatchObject({ ...seen, repeatedBlocks: 0 });
  });

  test('tftp-hpa', async () => {
    const result = await lab.machine(1).run(['tftp', '-m', 'binary', stationAddress, '-c', 'get', 'file', copy()]);
    expect(result.code).toBe(0);
    expect(readFileSync(copy()).equals(content)).toBe(true);
  });

  test('BusyBox tftp', async () => {
    const result = await lab.machine(1).run(['busybox', 'tftp', '-g', '-b', '1400', '-r', 'file', '-l', copy(), stationAddress]);
    expect(result.code).toBe(0);
    expect(readFileSync(copy()).equals(content)).toBe(true);
  });

  test('more blocks than 16 bits count', async () => {
    const long = randomBytes(64 * 66_000 + 10);
    writeFileSync(join(lab.served, 'long'), long);
    await station.stop();
    await lab.start();
    const result = await lab.machine(1).run(atftp('long', 'blksize 64', 'windowsize 16'), { timeoutMs: 120_000 });
    expect(result.code).toBe(0);
    expect(readFileSync(copy()).equals(long)).toBe(true);
  });

  test('sixteen machines at once', async () => {
    const machines = Array.from({ length: 16 }, (_, index) => lab.machine(index));
    const results = await Promise.all(
      machines.map((machine, index) => machine.run(['curl', '-sS', '--tftp-blksize', '1428', url('file'), '-o', copy(`copy-${index}`)])),
    );
    expect(results.map(({ code }) => code)).toEqual(machines.map(() => 0));
    for (const index of machines.keys()) expect(readFileSync(copy(`copy-${index}`)).equals(content)).toBe(true);
  });
});

describe('one packet in a hundred is lost, each way', () => {
  test('atftp, windows of 8', async () => {
    const machine = lab.machine(1);
    await lab.lose(machine, 0.01);
    const result = await machine.run(atftp('file', 'blksize 1428', 'windowsize 8'), { timeoutMs: 60_000 });
    expect(result.code).toBe(0);
    expect(readFileSync(copy()).equals(content)).toBe(true);
  });

  test('curl, lock-step: our timer repeats long before curl’s six seconds', async () => {
    const machine = lab.machine(1);
    await lab.lose(machine, 0.01);
    const result = await machine.run(curl('file', '--tftp-blksize', '1428'), { timeoutMs: 60_000 });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(copy()).equals(content)).toBe(true);
    const { repeatedBlocks, durationMs } = JSON.parse(await station.line(/"kind":"(finished|timed-out)"/)) as {
      repeatedBlocks: number;
      durationMs: number;
    };
    // Some 1050 blocks and 1050 acknowledgements; if nothing was lost, this test has tested nothing.
    expect(repeatedBlocks).toBeGreaterThan(0);
    expect(durationMs / repeatedBlocks).toBeLessThan(3000);
  });
});

describe('refusals, as clients see them', () => {
  test('a file that is not there, at once', async () => {
    const result = await lab.machine(1).run(curl('nothing'));
    expect(result.code).toBe(68);
    expect(await station.line(/"kind":"refused"/)).toContain('"not-found"');
  });

  test('writing', async () => {
    const result = await lab.machine(1).run(['curl', '-sS', '-T', copy('upload'), url('upload')]);
    expect(result.code).not.toBe(0);
    writeFileSync(copy('upload'), 'x');
    const upload = await lab.machine(2).run(['curl', '-sS', '-T', copy('upload'), url('upload')]);
    expect(upload.code).toBe(69);
    expect(await station.line(/"kind":"refused"/)).toContain('"read-only"');
  });
});
