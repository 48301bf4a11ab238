// In `npm test`: two like machines with Secure Boot on, and no image for them. The first builds it by a recipe's script, is captured and
// starts; the second is deployed that image and starts.
import { expect, test } from 'vitest';
import { buildAndDeploy } from './cases/decisions.ts';
import { useLabStation } from './station-of-test.ts';

const lab = useLabStation('vm-secureboot');

test('UEFI with Secure Boot: from power-on to the login prompt, built on the first machine and deployed to the next', async () => {
  const station = lab();
  const { first, second, image, vms } = await buildAndDeploy(station, { recipe: 'raw-image', firmware: 'secureboot', number: 2 });
  for (const vm of vms) await vm.powerOff();
  for (const { id } of [first, second])
    expect((await station.machine(id)).machine).toMatchObject({ firmware: 'uefi', secureBoot: true, osoid: image.osoid });
  const { jobs } = await station.machine(second.id);
  expect(jobs[0]?.result?.localBoot.kind).toBe('uefi');
});
