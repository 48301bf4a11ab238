// A volume group through an `lvm` that answers as LVM 2.03 does with one device to look at; the VM lab has the real one.
import { expect, test } from 'vitest';
import { growLvm } from '../../agent/deploy/grow/lvm.ts';
import type { Tools } from '../../agent/disk/tools.ts';

test.each([
  ['two physical volumes, whose other one it is not shown', '1', '2'],
  ['two physical volumes', '0', '2'],
])('of %s is left as it is, and nobody is told which disk the other one is on', async (_what, missing, count) => {
  const ran: string[] = [];
  const lv = [{ lv_name: 'root', vg_name: 'vg', lv_layout: 'linear', vg_missing_pv_count: missing, pv_count: count }];
  const run: Tools['run'] = (program, [command = '']) => {
    ran.push(`${program} ${command}`);
    return Promise.resolve({ code: 0, stdout: JSON.stringify({ report: [{ lv }] }), stderr: '' });
  };
  const grow = growLvm(
    null,
    () => Promise.resolve(null),
    () => undefined,
  );
  expect(await grow('/dev/sda2', { run })).toEqual({
    kind: 'not',
    why: 'its volume group has other physical volumes too, on this disk or another',
  });
  expect(ran).toEqual(['modprobe dm-mod', 'lvm lvs']);
});
