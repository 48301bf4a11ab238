// In `npm test`: the whole journey of one machine with BIOS firmware. The full matrix is `npm run lab`.
import { expect, test } from 'vitest';
import { buildTestImage } from '../../../scripts/bootkit/test-image.ts';
import { bootAgain, provision, swapDisk } from './journey.ts';
import { useLabStation } from './station-of-test.ts';

const lab = useLabStation('vm-bios');

test('BIOS: power-on to login prompt, then its own disk without a write, and a swapped disk does not pass', async () => {
  const station = lab();
  const image = await station.importImage((await buildTestImage({})).path, 'debian-small');
  const provisioned = await provision(station, image, 'bios', 1);
  expect(provisioned.job.result?.bytesVerified).toBeGreaterThan(0);
  const again = await bootAgain(station, provisioned);
  expect(again.jobs).toBe(1);
  expect(await swapDisk(station, provisioned, 'bios', 1)).not.toBe('provisioned');
});
