// In `npm test`: the whole journey on BIOS and on UEFI with Secure Boot. The full matrix is `npm run lab`.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageView } from '../../../preload/contract/views.ts';
import { buildTestImage } from '../../../scripts/bootkit/test-image.ts';
import { bootAgain, provision, swapDisk } from './journey.ts';
import { startLabStation } from './lab-station.ts';
import type { LabStation } from './lab-station.ts';

let station: LabStation;
let image: ImageView;

beforeAll(async () => {
  const built = await buildTestImage({});
  station = await startLabStation('vm');
  image = await station.importImage(built.path, 'debian-small');
});

afterAll(() => station?.dispose());

test('BIOS: power-on to login prompt, then its own disk without a write, and a swapped disk does not pass', async () => {
  const provisioned = await provision(station, image, 'bios', 1);
  expect(provisioned.job.result?.bytesVerified).toBeGreaterThan(0);
  const again = await bootAgain(station, provisioned);
  expect(again.jobs).toBe(1);
  expect(await swapDisk(station, provisioned, 'bios', 1)).not.toBe('provisioned');
});

test('UEFI with Secure Boot: power-on to login prompt', async () => {
  const provisioned = await provision(station, image, 'secureboot', 2);
  try {
    const { machine } = await station.machine(provisioned.machineId);
    expect(machine.firmware).toBe('uefi');
    expect(machine.secureBoot).toBe(true);
    expect(provisioned.job.result?.localBoot.kind).toBe('uefi');
  } finally {
    await provisioned.vm.powerOff();
  }
});
