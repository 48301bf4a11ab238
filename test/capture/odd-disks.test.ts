// Disks that are not as they should be and are captured all the same: the image says so, and is the one that an import makes.
import { truncate } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readPartitionTable } from '../../agent/image/read-table.ts';
import { moveGptBackup, tablePatches } from '../../agent/image/resize-table.ts';
import { describeImage } from '../../main/command/image-commands.ts';
import { imageViewOf } from '../../main/library/image-view.ts';
import { EXT_PLACE, lacksTools, makeGptDisk, noise, readerOf, sgdiskProblems, writeAt } from '../image/real-disk.ts';
import { MIB, createRig, valueOf } from './rig.ts';
import type { Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.close());

describe.skipIf(lacksTools())('a disk', () => {
  test('whose first table is damaged and that was enlarged since: the image says so, and the table can be made whole', async () => {
    const disk = await makeGptDisk(rig.folder);
    await truncate(disk, 40 * MIB);
    await writeAt(disk, 512, noise('damage', 512));
    const { result, notes } = await rig.run(disk);
    const captured = valueOf(result);
    expect(notes.join()).toContain('first copy of its partition table (GPT) is damaged');
    const shown = valueOf(await rig.library.show(captured.osoid)).image;
    expect(shown.manifest.tableNotes).toEqual([expect.stringContaining('the second was read')]);
    expect(describeImage(imageViewOf(shown))).toContain('  table      The first copy');
    expect(valueOf(await rig.library.importImage({ sourcePath: disk, name: 'again' }))).toMatchObject({
      osoid: captured.osoid,
      alreadyPresent: true,
    });
    const restored = await rig.restored(captured.osoid);
    const table = valueOf(await readPartitionTable(readerOf(restored), { sizeBytes: restored.length, logicalSectorBytes: 512 }));
    const fitted = valueOf(moveGptBackup(table, restored.length));
    for (const { offsetBytes, bytes } of await tablePatches(readerOf(restored), fitted)) restored.set(bytes, offsetBytes);
    writeFileSync(join(rig.folder, 'restored.raw'), restored);
    expect(await sgdiskProblems(join(rig.folder, 'restored.raw'))).toBe('');
  });

  test('with an old mark on a filesystem: both kinds of image say why it is taken whole', async () => {
    const disk = await makeGptDisk(rig.folder);
    await writeAt(disk, EXT_PLACE.offsetBytes, Buffer.from('hsqs'));
    const captured = valueOf((await rig.run(disk)).result);
    const note = expect.stringContaining('marks of more than one filesystem');
    const ofCapture = valueOf(await rig.library.show(captured.osoid)).image.manifest.filesystems[1];
    expect(ofCapture).toMatchObject({ capture: 'whole', note });
    const other = await createRig();
    const imported = valueOf(await other.library.importImage({ sourcePath: disk, name: 'imported' }));
    expect([imported.osoid, imported.manifest.tableNotes]).toEqual([captured.osoid, undefined]);
    expect(imported.manifest.filesystems[1]).toMatchObject({ capture: 'whole', note: ofCapture?.note });
    await other.close();
  });
});
