import { expect, test } from 'vitest';
import { negotiate } from '../../main/tftp/negotiate.ts';

const read = (record: Record<string, string>) => ({
  kind: 'read' as const,
  path: 'x',
  mode: 'octet',
  options: new Map(Object.entries(record)),
});

const table: readonly {
  readonly asked: Record<string, string>;
  readonly granted: Record<string, string>;
  readonly blockSizeBytes?: number;
  readonly windowSize?: number;
  readonly ceilingMs?: number;
}[] = [
  { asked: {}, granted: {} },
  { asked: { tsize: '0' }, granted: { tsize: '1000' } },
  { asked: { tsize: '99' }, granted: { tsize: '1000' } },
  { asked: { blksize: '1432' }, granted: { blksize: '1432' }, blockSizeBytes: 1432 },
  { asked: { blksize: '65464' }, granted: { blksize: '1468' }, blockSizeBytes: 1468 },
  { asked: { blksize: '8' }, granted: { blksize: '8' }, blockSizeBytes: 8 },
  { asked: { blksize: '7' }, granted: {} },
  { asked: { blksize: '0' }, granted: {} },
  { asked: { blksize: '-512' }, granted: {} },
  { asked: { blksize: '1e3' }, granted: {} },
  { asked: { blksize: '99999999999999' }, granted: {} },
  { asked: { windowsize: '4' }, granted: { windowsize: '4' }, windowSize: 4 },
  { asked: { windowsize: '65535' }, granted: { windowsize: '64' }, windowSize: 64 },
  { asked: { windowsize: '0' }, granted: {} },
  { asked: { windowsize: '65536' }, granted: {} },
  { asked: { timeout: '1' }, granted: { timeout: '1' }, ceilingMs: 1000 },
  { asked: { timeout: '255' }, granted: { timeout: '255' } },
  { asked: { timeout: '0' }, granted: {} },
  { asked: { multicast: '' }, granted: {} },
  { asked: { rollover: '1', 'no such': '2' }, granted: {} },
];

test.each(table)('$asked', ({ asked, granted, blockSizeBytes = 512, windowSize = 1, ceilingMs = 4000 }) => {
  const negotiated = negotiate(read(asked), 1000);
  expect(Object.fromEntries(negotiated.granted)).toEqual(granted);
  expect(negotiated.plan).toEqual({
    sizeBytes: 1000,
    blockSizeBytes,
    windowSize,
    offersOptions: Object.keys(granted).length > 0,
    timeoutCeilingMs: ceilingMs,
  });
});
