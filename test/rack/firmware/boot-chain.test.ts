// Software firmware against the real wire services with a kit of a few kilobytes: it must get through, and must refuse what is wrong.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadBootKit } from '../../../main/boot/kit.ts';
import { quietWire } from '../../boot/quiet-wire.ts';
import { startWire } from '../../../main/wire/wire.ts';
import type { RunningWire } from '../../../main/wire/wire.ts';
import { valueOf } from '../../agents/rig.ts';
import { sampleFiles, writeSampleKit } from '../../boot/sample-kit.ts';
import { networkBoot } from './boot-chain.ts';
import type { Wire } from './boot-chain.ts';

const MAC = '52:54:00:00:00:01';
const never = new AbortController().signal;
const KINDS = ['bios', 'uefi', 'uefi-http'] as const;

let folder: string;
let wire: RunningWire;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-firmware-'));
  await writeSampleKit(folder);
  const kit = valueOf(await loadBootKit(folder));
  wire = valueOf(
    await startWire({
      ...quietWire(),
      kit: () => kit,
    }),
  );
});
afterEach(async () => {
  await wire.stop();
  await rm(folder, { recursive: true, force: true });
});

const boot = (kind: (typeof KINDS)[number]) => {
  const at = (port: number) => ({ address: '127.0.0.1', port });
  const places: Wire = { dhcp: at(wire.ports.dhcp), tftp: at(wire.ports.tftp) };
  return networkBoot({ mac: MAC, uuid: '4c4c4544-0044-4810-8031-b4c04f4a3132', kind }, places, never);
};

describe.each(KINDS)('a machine that boots by %s', (kind) => {
  test('reaches our kernel with the words of this station', async () => {
    const booted = await boot(kind);
    if (booted.kind !== 'kernel') return expect.fail(booted.kind);
    expect(booted.commandLine).toContain(`rackside.station=http://127.0.0.1:${wire.ports.http} rackside.token=token`);
    expect(booted.commandLine).toContain(`rackside.mac=${MAC}`);
  });

  test('stops at a stage 2 that is not the one it was promised', async () => {
    const { bytes } = sampleFiles['stage2.squashfs'] ?? expect.fail('no stage 2');
    const forged = Buffer.from(bytes);
    forged[forged.length - 1] = 0;
    await writeFile(join(folder, 'stage2.squashfs'), forged);
    await expect(boot(kind)).rejects.toThrow(/does not match the hash/);
  });
});
