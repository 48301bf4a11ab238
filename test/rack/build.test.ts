// Nothing fits: constructed on the target, on the software rack, by a script in the real /bin/sh against a disk in a file. The first
// machine builds, a like one is deployed what was built, and one that is not alike builds its own.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseManifest } from '../../agent/image/manifest.ts';
import { asksToBuild, asksToDeploy, BUILD_POLICY, startBuildLab } from './build-lab.ts';
import type { BuildLab } from './build-lab.ts';
import { hashOf, startLab } from './faults/lab.ts';
import { need } from './rehearsal.ts';

let lab: BuildLab;
beforeEach(async () => {
  lab = await startBuildLab();
});
afterEach(() => lab.stop());

describe.skipIf(process.platform === 'win32')('a recipe', () => {
  test('the first machine builds, a like one is deployed that without the script, and one that is not alike builds its own', async () => {
    const marks = 'printf "%s" "$RACKSIDE_FIRMWARE" | dd of="$RACKSIDE_DISK" bs=1 seek=20971520 conv=notrunc 2>/dev/null';
    await lab.recipe(`grep -q '"firmware.kind"' "$RACKSIDE_FACTS" || exit 3\n${marks}`);
    const first = await lab.machine({ firmware: 'uefi' });
    first.powerOn();
    const asked = await asksToBuild(first);
    expect(asked.says).toContain('build "raw (uefi)" by recipe "raw-image" version 1');
    await lab.nothingStored();
    const job = await lab.approve(asked);
    expect(job).toMatchObject({ kind: 'build', imageName: 'raw (uefi)', osoid: null });
    expect(await first.ended()).toMatchObject({ endedBy: 'local-disk' });
    expect(lab.jobsOf(asked)).toMatchObject([{ kind: 'build', state: 'done', failure: null }]);
    expect(lab.jobsOf(asked)[0]?.steps.map(({ step }) => step)).toEqual([
      'check',
      'void-record',
      'script',
      'survey',
      'read-send',
      'publish',
      'boot-entry',
      'record',
    ]);
    expect(await lab.runs()).toBe(1);
    await lab.noFolders();
    expect(lab.events().some(({ kind, text }) => kind === 'agent.logged' && text.includes('writing disk.raw.gz to'))).toBe(true);

    const [image] = await lab.images();
    expect(image).toMatchObject({ name: 'raw (uefi)', trust: 'trusted', labels: { built: 'raw-image' } });
    expect(image?.recipe).toEqual({ id: 'raw-image', version: '1', matchOn: { 'firmware.kind': 'uefi' } });
    const osoid = image?.osoid ?? '';
    const manifest = parseManifest(await readFile(join(lab.folder, 'library', 'images', osoid, 'manifest.json')));
    const source = manifest.ok ? manifest.value.manifest.source : null;
    expect(source).toMatchObject({
      kind: 'build',
      facts: { 'firmware.kind': 'uefi', 'nic.macs': expect.arrayContaining([first.hardware.bootMac]) as unknown },
    });

    // Its own disk says so: nothing is asked, built or downloaded.
    const before = await hashOf(first.disks[0]?.path ?? '');
    first.powerOn();
    expect(await first.ended()).toMatchObject({ endedBy: 'local-disk' });
    await lab.heard('machine.already-installed');
    expect(await hashOf(first.disks[0]?.path ?? '')).toBe(before);

    const second = await lab.machine({ firmware: 'uefi' });
    second.powerOn();
    const view = await asksToDeploy(second);
    expect(view.question).toMatchObject({ osoid });
    await lab.approve(view);
    expect(await second.ended()).toMatchObject({ endedBy: 'local-disk' });
    expect(lab.jobsOf(view)).toMatchObject([{ kind: 'deploy', state: 'done', osoid }]);
    expect(await lab.runs()).toBe(1);

    const third = await lab.machine({ firmware: 'bios' });
    await lab.built(third);
    expect(await lab.runs()).toBe(2);
    expect((await lab.images()).map(({ recipe }) => recipe?.matchOn)).toEqual(
      expect.arrayContaining([{ 'firmware.kind': 'uefi' }, { 'firmware.kind': 'bios' }]),
    );
  });

  test('of two like machines one builds, the other waits with a sentence, and is deployed what was built', async () => {
    const gate = join(lab.folder, 'gate');
    await lab.recipe(`while [ ! -e "${gate}" ]; do sleep 0.1; done`);
    const [first, second] = [await lab.machine(), await lab.machine()];
    first.powerOn();
    second.powerOn();
    const [one, other] = [await asksToBuild(first), await asksToBuild(second)];
    await lab.approve(one);
    const waiting = await second.is('waiting for the other', ({ question }) => question?.kind === 'choose');
    expect(waiting).toMatchObject({ state: 'waiting' });
    expect(waiting.says).toContain(`${one.name} is alike, and its image is being built by recipe "raw-image"`);
    // What it asked before cannot be answered any more.
    expect(await lab.rehearsal.approve(other)).toMatchObject({ ok: false, failure: { code: 'consent.not-asked' } });
    await writeFile(gate, '');
    expect(await first.ended()).toMatchObject({ endedBy: 'local-disk' });
    await lab.approve(await asksToDeploy(second));
    expect(await second.ended()).toMatchObject({ endedBy: 'local-disk' });
    expect(await lab.runs()).toBe(1);
    expect(await lab.images()).toHaveLength(1);
  });

  test('the same content, built again for a machine that is not alike, is one image, and counts for both', async () => {
    await lab.recipe();
    await lab.built(await lab.machine({ firmware: 'uefi' }));
    await lab.built(await lab.machine({ firmware: 'bios' }));
    expect(await lab.images()).toHaveLength(1);
    await lab.rehearsal.restart();
    const third = await lab.machine({ firmware: 'bios' });
    third.powerOn();
    await lab.approve(await asksToDeploy(third));
    expect(await third.ended()).toMatchObject({ endedBy: 'local-disk' });
    expect(await lab.runs()).toBe(2);
  });

  test('another station with the merged library says "already installed"', async () => {
    await lab.recipe();
    const one = await lab.machine();
    await lab.built(one);
    const [image] = await lab.images();
    const other = await startLab();
    try {
      await need(other.rehearsal.call('library.merge', { path: join(lab.folder, 'library') }));
      await need(other.rehearsal.call('trust.add', { key: image?.publicKey ?? '', name: 'the first station' }));
      await need(other.rehearsal.call('recipes.add', { path: join(lab.folder, 'recipe') }));
      await need(other.rehearsal.call('policies.add', { policy: BUILD_POLICY }));
      const moved = await other.machine({ number: 1, disks: [] });
      moved.disks.push(...one.disks);
      moved.powerOn();
      expect(await moved.ended()).toMatchObject({ endedBy: 'local-disk' });
      await other.heard('machine.already-installed');
      expect(other.rehearsal.jobs()).toEqual([]);
    } finally {
      await other.stop();
    }
  });
});
