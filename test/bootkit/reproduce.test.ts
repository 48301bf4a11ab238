import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { differingFiles } from '../../scripts/bootkit/reproduce.ts';

test('one byte, and a file that only one of them has', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rackside-twice-'));
  try {
    for (const build of ['one', 'two']) {
      await mkdir(join(folder, build, 'efi'), { recursive: true });
      await writeFile(join(folder, build, 'vmlinuz'), 'same');
      await writeFile(join(folder, build, 'efi/shim'), build);
    }
    await writeFile(join(folder, 'two/extra'), '');
    expect(await differingFiles(join(folder, 'one'), join(folder, 'two'))).toEqual({ differing: ['efi/shim', 'extra'], equal: 1 });
  } finally {
    await rm(folder, { recursive: true });
  }
});
