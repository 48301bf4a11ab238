import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTerminal } from '../../agent/console/terminal.ts';

let drawn: string[];
let serial: string[];
beforeEach(() => {
  vi.useFakeTimers();
  [drawn, serial] = [[], []];
});
afterEach(() => void vi.useRealTimers());

const terminal = (hasVideo = true) =>
  createTerminal({
    video: hasVideo ? (text) => void drawn.push(text) : null,
    serial: (text) => void serial.push(text),
    now: () => performance.now(),
  });
const progress = (bytesDone: number) => ({ progress: { step: 'Writing', bytesDone, bytesTotal: 100, bytesPerSecond: 1 } });

test('the video console is redrawn at most four times a second, and ends with the last state', () => {
  const screen = terminal();
  for (let index = 0; index <= 100; index += 1) {
    screen.show(progress(index));
    vi.advanceTimersByTime(10);
  }
  expect(drawn.length).toBeGreaterThanOrEqual(4);
  expect(drawn.length).toBeLessThanOrEqual(6);
  vi.advanceTimersByTime(250);
  expect(drawn.at(-1)).toContain('100 %');
  expect(vi.getTimerCount()).toBe(0);
});

test('it is redrawn from the top, in lines that a raw terminal starts at the left', () => {
  terminal().show({ phase: 'Hello' });
  expect(drawn[0]?.startsWith('\u001b[H\u001b[2JRACKSIDE\r\n')).toBe(true);
  expect(drawn[0]?.replaceAll('\r\n', '')).not.toContain('\n');
});

test('the serial line gets each change once, and progress every five seconds', () => {
  const screen = terminal(false);
  const failure = { code: 'disk.too-small', message: 'Too small.', next: 'Take another.' };
  screen.show({ phase: 'One' });
  screen.show({ phase: 'One', waitingFor: 'you' });
  screen.show({ link: 'lost' });
  screen.show({ link: 'up' });
  screen.show({ failure });
  screen.show({ failure });
  screen.show({ failure: null, waitingFor: null });
  screen.log('a line');
  for (let index = 0; index < 100; index += 1) {
    screen.show(progress(index));
    vi.advanceTimersByTime(100);
  }
  expect(serial.map((line) => line.replace(/^rackside: (.*)\r\n$/, '$1'))).toEqual([
    'One',
    'waiting for: you',
    'link to the station lost, trying again',
    'link to the station is back',
    'PROBLEM disk.too-small: Too small. Take another.',
    'a line',
    'Writing 0/100',
    'Writing 50/100',
  ]);
  expect([drawn, vi.getTimerCount()]).toEqual([[], 0]);
});

test('what others wrote cannot steer the serial terminal, nor pretend to be a line of its own', () => {
  const screen = terminal(false);
  screen.log('disk \u001b[2J\u009b31m model\r\nrackside: all is well');
  screen.show({ phase: '\u001bc', waitingFor: 'a\u0007b', failure: { code: 'a.b', message: '\u001b]0;x\u0007', next: '\n' } });
  // oxlint-disable-next-line no-control-regex
  for (const line of serial) expect(line.slice(0, -2)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  expect(serial).toHaveLength(4);
});
