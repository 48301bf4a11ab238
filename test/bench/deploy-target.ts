// One machine of the deploy figure, in a process of its own: node deploy-target.ts WIRE_JSON NUMBER DISK LOOP [THREADS]. The software target's
// firmware and the real agent with its worker threads; its disk is the loop device LOOP over the file DISK, opened as on real hardware.
import { availableParallelism } from 'node:os';
import { statSync } from 'node:fs';
import { identityOf } from '../../agent/assess.ts';
import { workersFor } from '../../agent/disk/chunk-pool.ts';
import { blockDevice } from '../../agent/disk/target-devices.ts';
import { systemTools } from '../../agent/disk/tools.ts';
import type { Tools } from '../../agent/disk/tools.ts';
import { makeHardware } from '../rack/hardware.ts';
import { createSoftwareTarget, makeDisk } from '../rack/software-target.ts';
import type { Wire } from '../rack/firmware/boot-chain.ts';

const [wireJson = '', number = '', diskPath = '', loop = '', threads = ''] = process.argv.slice(2);
const real = systemTools();
/** A loop device is none of this machine's boot disks. */
const tools: Tools = {
  run: (program, args, options) =>
    program === 'efibootmgr' ? Promise.resolve({ code: 127, stdout: '', stderr: 'left out' }) : real.run(program, args, options),
};
const disk = await makeDisk(diskPath, { sizeBytes: statSync(diskPath).size, serial: `BENCH${number}` });
const target = createSoftwareTarget({
  hardware: makeHardware('dell-r640', Number(number), { secureBoot: false, address: `10.99.0.${number}/16` }),
  firmware: 'uefi',
  disks: [disk],
  wire: JSON.parse(wireJson) as Wire,
  onConsole: (line) => console.error(line),
  wrapEnvironment: (environment) => ({
    ...environment,
    tools,
    workers: threads === '' ? workersFor(availableParallelism()) : Number(threads),
    device: (found) => Promise.resolve(blockDevice(loop, identityOf(found), tools)),
  }),
});
const power = new AbortController();
process.on('SIGTERM', () => power.abort());
await target.powerOn(power.signal);
process.exit(0);
