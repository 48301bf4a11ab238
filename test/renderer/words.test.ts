// Numbers, disks, decisions and inputs in words.
import { describe, expect, test } from 'vitest';
import { parseLabels } from '../../renderer/screens/images/labels.ts';
import { barParts } from '../../renderer/screens/machine/partition-parts.ts';
import { figuresOf } from '../../renderer/screens/rack/slab-words.ts';
import { parseMacs } from '../../renderer/screens/wire/macs.ts';
import { conditionWords } from '../../renderer/words/condition.ts';
import { outcomeWords, reasonWords } from '../../renderer/words/decision.ts';
import { diskName, eraseSerial, holds } from '../../renderer/words/disk.ts';
import { stateWithProgress, stateWord } from '../../renderer/words/machine.ts';
import { bytes, duration, elapsed, memory, percent } from '../../renderer/words/numbers.ts';
import { parseRoute, routeHash } from '../../renderer/store/route.ts';
import { blankDisk, ubuntuDisk, webTrace } from './scene-parts.ts';
import { makeScene } from './scene.ts';
import type { JobStepName } from '../../agent/protocol/messages.ts';
import type { JobView } from '../../preload/contract/views.ts';

describe('numbers', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1500, '1.5 kB'],
    [4_100_000_000, '4.1 GB'],
    [480_000_000_000, '480 GB'],
    [999_999, '1 MB'],
    [3_840_000_000_000, '3.8 TB'],
  ])('%d bytes are %s', (size, words) => expect(bytes(size)).toBe(words));
  test('memory is binary', () => expect(memory(68_719_476_736)).toBe('64 GiB'));
  test.each([
    [200, '0.2 s'],
    [9_960, '10 s'],
    [48_000, '48 s'],
    [59_600, '1:00'],
    [161_000, '2:41'],
    [3_600_000, '1 h 00'],
    [200_000_000, '2 d 7 h'],
  ])('%d ms last %s', (time, words) => expect(duration(time)).toBe(words));
  test.each([
    [-5, '0 s'],
    [900, '0 s'],
    [59_900, '59 s'],
    [60_000, '1:00'],
  ])('%d ms have gone as %s', (time, words) => expect(elapsed(time)).toBe(words));
  test('a percentage never says 100 before the end', () =>
    expect([percent(0.999), percent(1), percent(7)]).toEqual(['99 %', '100 %', '100 %']));
});

describe('disks', () => {
  test('are named by serial, else WWN, else size, as an approval names them', () => {
    const nameless = ubuntuDisk(null);
    expect(eraseSerial(ubuntuDisk('S1'))).toBe('S1');
    expect(eraseSerial({ ...nameless, wwn: 'w1' })).toBe('w1');
    expect(eraseSerial(nameless)).toBe('size:480000000000');
    expect(diskName(nameless)).toBe('no serial, 480,000,000,000 bytes');
  });
  test('say what they hold', () => {
    expect(holds(ubuntuDisk('S1'))).toBe('Ubuntu 22.04, 3 partitions');
    expect(holds(blankDisk('S1'))).toBe('blank: nothing on it');
    const { content, ...rest } = ubuntuDisk('S1');
    expect(holds({ ...rest, content: { ...content!, table: 'damaged', partitions: [] } })).toContain('damaged');
    expect(
      holds({ ...rest, content: { ...content!, partitions: [], recognisedOs: null, signatures: [{ offsetBytes: 0, kind: 'LUKS' }] } }),
    ).toContain('LUKS');
  });
  test('the bar covers the disk, gaps included', () => {
    const parts = barParts(ubuntuDisk('S1'));
    expect(parts.map((part) => part.label)).toEqual(['EFI · vfat', '/boot · ext4', 'data · LVM', 'free']);
    expect(parts.reduce((sum, part) => sum + part.share, 0)).toBeCloseTo(1, 2);
    expect(barParts(blankDisk('S1'))).toEqual([]);
  });
});

describe('decisions', () => {
  test('a policy that does not fit names only what failed; one that won names all that held', () => {
    expect(webTrace.policies.map(reasonWords)).toEqual([
      'memory.size ≥ 256 GiB (seen: 64 GiB)',
      'manufacturer is like Dell* (seen: Dell Inc.); model matches R6.0 (seen: PowerEdge R640); memory.size ≥ 32 GiB (seen: 64 GiB); role is web (seen: web)',
      'fits too, but a lower rank comes first',
    ]);
  });
  test('conditions read as a sentence', () => {
    const words = conditionWords({
      all: [{ fact: 'model', glob: 'R6*' }, { any: [{ fact: 'role', equal: 'web' }, { none: [{ fact: 'user', present: true }] }] }],
    });
    expect(words).toBe('model is like R6* and (role is web or (not (user is known)))');
    expect(conditionWords({ all: [] })).toBe('');
    expect(conditionWords({ fact: 'disk.sizes', between: ['400 GB', '2 TB'] })).toBe('disk.sizes is from 400 GB to 2 TB');
  });
});

test('a working row says rate and rest, a waiting one since when', () => {
  const scene = makeScene(1_000_000);
  const of = (id: string) => {
    const machine = scene.machines.find((one) => one.id === id)!;
    return figuresOf(
      machine,
      scene.jobs.find((job) => job.id === machine.jobId),
      scene.progress.find((one) => one.machineId === id),
      1_000_000,
    );
  };
  expect(of('web-03')).toEqual(['184 MB/s', '6 s left']);
  expect(of('web-07')).toEqual(['2:41', 'waiting']);
  expect(of('web-01')).toEqual(['52 s', 'verified']);
});

test('MAC addresses as pasted', () => {
  expect(parseMacs('3C-EC-EF-10-20-07,3cec.ef10.2008\n3cecef102009 3c:ec:ef:10:20:07')).toEqual({
    macs: ['3c:ec:ef:10:20:07', '3c:ec:ef:10:20:08', '3c:ec:ef:10:20:09'],
    bad: null,
  });
  expect(parseMacs('3c:ec:ef:10:20').bad).toBe('3c:ec:ef:10:20');
});

test('labels one a line', () => {
  expect(parseLabels('role=web\n\n os = debian = 13 ')).toEqual({ labels: { role: 'web', os: 'debian = 13' }, bad: null });
  expect(parseLabels('role').bad).toBe('role');
});

test('routes survive a round trip and strange addresses', () => {
  expect(parseRoute(routeHash({ screen: 'images', id: 'a/b%c' }))).toEqual({ screen: 'images', id: 'a/b%c' });
  expect(parseRoute('#/nowhere/x')).toEqual({ screen: 'rack', id: 'x' });
  expect(parseRoute('#/jobs/%E0%A4')).toEqual({ screen: 'jobs', id: null });
  expect(parseRoute('')).toEqual({ screen: 'rack', id: null });
});

describe('a build in words', () => {
  const found = makeScene(1_790_000_000_000).machines.find(({ question }) => question?.kind === 'erase');
  const asking = found ?? expect.fail('no machine of the scene asks');
  const working = { ...asking, state: 'working' as const, question: null };
  const at = (step: JobStepName, kind: JobView['kind']) =>
    stateWithProgress(
      working,
      { machineId: '', jobId: '', number: 1, step, bytesDone: 0, bytesTotal: 0, bytesPerSecond: 0, fraction: 0.5 },
      kind,
    );
  test('its question is another than that of a deploy', () => {
    expect(stateWord(asking)).toBe('Deploy?');
    const question = asking.question?.kind === 'erase' ? { ...asking.question, recipe: { id: 'web', version: 2 } } : null;
    expect(stateWord({ ...asking, question })).toBe('Build?');
  });
  test('it shows itself by its steps', () =>
    expect([at('script', 'build'), at('read-send', 'build'), at('record', 'build')]).toEqual([
      'Building 50 %',
      'Capturing 50 %',
      'Building 50 %',
    ]));
  test('a job whose disk is only read is never said to deploy, also before its first step', () => {
    expect([at('check', 'capture'), at('check', 'deploy')]).toEqual(['Capturing 50 %', 'Deploying 50 %']);
    expect([stateWithProgress(working, undefined, 'capture'), stateWithProgress(working, undefined, undefined)]).toEqual([
      'Capturing',
      'At work',
    ]);
  });
  test('its policy says what it does', () =>
    expect(outcomeWords({ kind: 'build', recipe: 'web' }, () => null)).toBe(
      'build by recipe web, or deploy what it built for a like machine',
    ));
});
