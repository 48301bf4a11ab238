// In `npm test`: one capture with its redeploy. The other filesystems and tables are `npm run lab`.
import { test } from 'vitest';
import { captureAndRedeploy } from './cases/capture.ts';
import { MBR_LOGICAL } from './source/layouts.ts';
import { useLabStation } from './station-of-test.ts';

const lab = useLabStation('vm-capture');

test('a system on a logical partition becomes an image; its disk stays as it is, the copy holds the same files and starts', async () => {
  console.log(await captureAndRedeploy(lab(), MBR_LOGICAL, 5));
});
