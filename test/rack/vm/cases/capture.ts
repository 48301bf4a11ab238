// Capture and redeploy of systems that were installed by others' tools: the source's disk stays as it is to the last bit, the copy on
// another, larger disk holds the same files before it has ever run, and it starts.
import { join } from 'node:path';
import type { ImageView, JobView } from '../../../../preload/contract/views.ts';
import { minutes } from '../accelerator.ts';
import { blankDisk, copySparse, sha256OfFile } from '../disk-files.ts';
import { approve, inventoried, jobDone, LOGIN, powerOn } from '../journey.ts';
import type { LabStation } from '../lab-station.ts';
import type { Vm } from '../machine.ts';
import { buildSource } from '../source/build-source.ts';
import { LAYOUTS } from '../source/layouts.ts';
import type { Layout } from '../source/layouts.ts';
import { differenceOf, listFiles } from '../source/list-files.ts';
import { expectThat, secondsSince } from './journey-case.ts';
import type { Case } from './journey-case.ts';

const LARGER_BYTES = 256 * 1024 * 1024;

/** One click, and its end. */
export const captureMachine = async (station: LabStation, vm: Vm, name: string): Promise<ImageView> => {
  const { id } = await inventoried(station, vm);
  const job = await station.rackside<JobView>('capture', id, '--name', name);
  const { captured } = await jobDone(station, vm, job);
  if (captured === null) throw new Error('the capture has no result');
  const image = (await station.rackside<readonly ImageView[]>('images', 'list')).find(({ osoid }) => osoid === captured.osoid);
  return image ?? fail(`image ${captured.osoid} is not in the library`);
};
const fail = (what: string): never => {
  throw new Error(what);
};

export const captureAndRedeploy = async (station: LabStation, layout: Layout, number: number): Promise<string> => {
  const startedAtMs = Date.now();
  const { path: built } = await buildSource(layout);
  const sourcePath = join(station.folder, 'source.raw');
  const copyPath = join(station.folder, 'copy.raw');
  copySparse(built, sourcePath);
  blankDisk(copyPath, layout.sizeBytes + LARGER_BYTES);
  const before = await sha256OfFile(sourcePath);
  const { firmware } = layout;
  const source = powerOn(station, { number, firmware, disks: [{ path: sourcePath, serial: 'SOURCE' }] });
  // Started at once: the two come up side by side.
  const copy = powerOn(station, { number: number + 1, firmware, disks: [{ path: copyPath, serial: 'COPY' }] });
  try {
    const image = await captureMachine(station, source, `golden-${layout.name}`);
    await source.powerOff();
    const capturedAfter = secondsSince(startedAtMs);
    expectThat((await sha256OfFile(sourcePath)) === before, 'the capture changed the disk of its source');

    const { id } = await inventoried(station, copy);
    // A copy that grew would differ from its source in what is compared.
    await station.rackside('deploy', id, '--image', image.osoid, '--grow', 'none');
    await copy.holdAtRestart();
    const { job } = await approve(station, copy, 'COPY');
    await jobDone(station, copy, job);
    await copy.held(minutes(2));
    const [was = '', is = ''] = await listFiles([built, copyPath]);
    const differences = differenceOf(was, is);
    expectThat(differences.length === 0, `the copy holds other files than its source:\n${differences.join('\n')}`);
    await copy.release();
    await copy.line(LOGIN, minutes(8));
    const files = (was.match(/^[0-9a-f]{64} /gm) ?? []).length;
    return `captured after ${capturedAfter}, source unchanged, ${files} files the same, login prompt after ${secondsSince(startedAtMs)}`;
  } finally {
    await source.powerOff();
    await copy.powerOff();
  }
};

export const CAPTURE_CASES: readonly Case[] = LAYOUTS.map((layout, index) => ({
  name: `capture-${layout.name}`,
  about: layout.about,
  run: (station) => captureAndRedeploy(station, layout, 21 + 2 * index),
}));
