// The station's program is killed outright (kill -9) while it serves a deploy, and started again: no lock, token or lost row keeps it
// from going on, and the machine notices nothing but a pause.
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StationEvent } from '../../../preload/contract/events.ts';
import { connectPipe } from '../../../preload/contract/pipe-client.ts';
import type { PipeClient } from '../../../preload/contract/pipe-client.ts';
import type { JobView, MachineView } from '../../../preload/contract/views.ts';
import { findRunningStation } from '../../../main/data-folder.ts';
import { createCommandLab } from '../../command/station.ts';
import type { CommandLab, Served } from '../../command/station.ts';
import { compareDisk } from '../compare-disk.ts';
import { writeDemoImage } from '../demo-image.ts';
import { makeHardware } from '../hardware.ts';
import { need } from '../rehearsal.ts';
import { createSoftwareTarget, makeDisk } from '../software-target.ts';
import { createGate, hashOf, MIB } from './lab.ts';
import { createReadGate } from './read-gate.ts';

let lab: CommandLab;
let power: AbortController;
beforeEach(async () => {
  // Of its own for each test: a machine is not switched on by a signal that has ended the one before.
  power = new AbortController();
  lab = await createCommandLab();
});
afterEach(async () => {
  power.abort();
  await lab.stop();
});

/** A window on the station that runs now: resolves with the first machine that `accept` takes. */
const openWindow = () => {
  const running = findRunningStation(lab.dataFolder);
  if (running === null) throw new Error('no station runs');
  const machines = new Map<string, MachineView>();
  const watchers = new Set<() => void>();
  const hear = (event: StationEvent): void => {
    if (event.name === 'snapshot') for (const machine of event.payload.machines) machines.set(machine.id, machine);
    if (event.name === 'machine.changed') machines.set(event.payload.id, event.payload);
    for (const look of watchers) look();
  };
  const client: PipeClient = connectPipe({ url: running.pipeUrl, token: running.token, onEvent: hear });
  const until = (accept: (machine: MachineView) => boolean): Promise<MachineView> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = [...machines.values()].find(accept);
        if (found === undefined) return;
        watchers.delete(look);
        resolve(found);
      };
      watchers.add(look);
      look();
    });
  return { ...client, until };
};

test('a killed station takes up its jobs where they are', { timeout: 110_000 }, async () => {
  let served: Served = await lab.serve();
  const httpPort = served.ports.http;
  const wire = {
    get dhcp() {
      return { address: '127.0.0.1', port: served.ports.dhcp };
    },
    get tftp() {
      return { address: '127.0.0.1', port: served.ports.tftp };
    },
  };
  let window = openWindow();
  const path = join(lab.folder, 'image.raw');
  await writeDemoImage(path, { contentBytes: 12 * MIB, seed: 9 });
  const image = await need(window.call('images.import', { path, name: 'web', labels: { role: 'test' }, notes: '' }));

  const gate = createGate(4 * MIB);
  const disk = await makeDisk(join(lab.folder, 'disk.raw'), { sizeBytes: 48 * MIB, serial: 'KEEP' });
  const hardware = makeHardware('qemu', 1, { secureBoot: false });
  const target = createSoftwareTarget({ hardware, firmware: 'uefi', disks: [disk], wire, wrapDevice: gate.wrapDevice });
  const cycle = target.powerOn(power.signal);
  const { id: machineId } = await window.until(({ state }) => state === 'unmatched');
  await need(window.call('machines.deploy', { machineId, osoid: image.osoid, diskSerial: null, rewrite: false }));
  const { question } = await window.until((machine) => machine.question?.kind === 'erase');
  if (question?.kind !== 'erase') throw new Error('no question');
  await need(window.call('machines.approve', { machineId, eraseSerial: 'KEEP', consentHash: question.consentHash }));
  await gate.reached;

  window.close();
  expect(await served.program.stop('SIGKILL')).toMatchObject({ code: null });
  expect(findRunningStation(lab.dataFolder)).toBeNull();
  gate.open();
  served = await lab.serve(httpPort);
  window = openWindow();
  const done = await window.until(({ state }) => state === 'provisioned' || state === 'failed');
  expect(done).toMatchObject({ state: 'provisioned', osoid: image.osoid });
  expect(await cycle).toEqual({ boots: 2, endedBy: 'local-disk' });
  const jobs: readonly JobView[] = await need(window.call('jobs.list', {}));
  window.close();
  expect(jobs).toMatchObject([{ state: 'done', attempt: 1, machineId }]);
  const result = jobs[0]?.result;
  expect(result?.bytesFetched).toBeLessThan(image.storedBytes * 1.25);
  expect(await compareDisk(path, disk.path, result?.rewrittenRanges ?? [])).toMatchObject({ verified: true });
});

test('a killed station takes up a capture where it was, and is sent again what it had in memory only', { timeout: 110_000 }, async () => {
  let served: Served = await lab.serve();
  const httpPort = served.ports.http;
  const wire = {
    get dhcp() {
      return { address: '127.0.0.1', port: served.ports.dhcp };
    },
    get tftp() {
      return { address: '127.0.0.1', port: served.ports.tftp };
    },
  };
  let window = openWindow();
  const path = join(lab.folder, 'golden.raw');
  await writeDemoImage(path, { contentBytes: 16 * MIB, seed: 11 });
  await truncate(path, 64 * MIB);
  const before = await hashOf(path);
  const gate = createReadGate(28 * MIB);
  const disk = await makeDisk(path, { sizeBytes: 64 * MIB, serial: 'GOLD' });
  const hardware = makeHardware('qemu', 2, { secureBoot: false });
  void createSoftwareTarget({ hardware, firmware: 'uefi', disks: [disk], wire, wrapDevice: gate.wrapDevice }).powerOn(power.signal);
  const { id: machineId } = await window.until(({ state }) => state === 'unmatched');
  const wish = { name: 'golden', diskSerial: null, labels: {}, notes: '', redactSerials: false };
  const { id: jobId } = await need(window.call('machines.capture', { machineId, ...wish }));
  await gate.reached;

  window.close();
  expect(await served.program.stop('SIGKILL')).toMatchObject({ code: null });
  gate.open();
  served = await lab.serve(httpPort);
  window = openWindow();
  const back = await window.until(({ state, jobId: job }) => state === 'unmatched' && job === null);
  expect(back.says).toContain('captured as "golden" r1');
  const jobs: readonly JobView[] = await need(window.call('jobs.list', {}));
  expect(jobs).toMatchObject([{ id: jobId, kind: 'capture', state: 'done', attempt: 1, captured: { alreadyPresent: false } }]);
  const osoid = jobs[0]?.captured?.osoid ?? '';
  expect(await need(window.call('images.get', { osoid }))).toMatchObject({ trust: 'trusted', name: 'golden' });
  window.close();
  expect(await hashOf(path)).toBe(before);
});
