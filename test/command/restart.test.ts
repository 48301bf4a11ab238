// A station that was restarted serves where it was told to and reads the libraries that were opened: nobody has to choose again.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LibraryView } from '../../preload/contract/library-views.ts';
import type { StationView } from '../../preload/contract/views.ts';
import { startProgram } from '../wire/program.ts';
import { createCommandLab } from './station.ts';
import type { CommandLab } from './station.ts';

let lab: CommandLab;
beforeEach(async () => {
  lab = await createCommandLab();
});
afterEach(() => lab.stop());

const json = async <T>(...words: readonly string[]): Promise<T> => {
  const { code, stdout, stderr } = await lab.rackside(...words, '--json');
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
  return JSON.parse(stdout) as T;
};
const libraries = async () => (await json<LibraryView[]>('library', 'list')).map(({ folder, state }) => [folder, state]);

test('a carried library: read again, told when it is not there, read when it is back, forgotten when it is closed', async () => {
  const [own, stick] = [join(lab.dataFolder, 'library'), join(lab.folder, 'stick')];
  // A station that writes it makes it.
  await (await lab.serve(0, '--library', stick)).program.stop('SIGINT');
  const first = await lab.serve();
  await json('library', 'open', stick);
  await first.program.stop('SIGINT');

  const second = await lab.serve();
  expect(await libraries()).toEqual([
    [own, 'open'],
    [stick, 'open'],
  ]);
  await second.program.stop('SIGINT');

  renameSync(stick, `${stick}-pulled`);
  const third = await lab.serve();
  expect(await libraries()).toEqual([
    [own, 'open'],
    [stick, 'away'],
  ]);
  expect((await lab.rackside('events')).stdout).toContain(`forget it with: rackside library close ${stick}`);
  renameSync(`${stick}-pulled`, stick);
  for (let round = 0; round < 100 && (await libraries())[1]?.[1] !== 'open'; round += 1)
    await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await libraries()).toContainEqual([stick, 'open']);
  await json('library', 'close', stick);
  await third.program.stop('SIGINT');

  const fourth = await lab.serve();
  expect(await libraries()).toEqual([[own, 'open']]);
  await fourth.program.stop('SIGINT');
  // One that is named as the station's own is not read a second time.
  const fifth = await lab.serve();
  await json('library', 'open', stick);
  await fifth.program.stop('SIGINT');
  await lab.serve(0, '--library', stick);
  expect(await libraries()).toEqual([[stick, 'open']]);
}, 120_000);

test('a port that was chosen: served without a word, said when it is gone; options go before it', async () => {
  const first = await lab.serve();
  await first.program.stop('SIGINT');
  const wire = {
    kind: 'rack',
    nic: 'gone0',
    network: { address: '10.77.0.1', prefixLength: 24 },
    mode: 'proxy',
    pool: { first: '10.77.0.64', last: '10.77.0.254' },
    httpPort: 8067,
    leaseSeconds: 3600,
  };
  writeFileSync(join(lab.dataFolder, 'kept.json'), JSON.stringify({ version: 1, wire, libraries: [] }));
  const named = await lab.serve();
  expect((await json<StationView>('status')).wire.nic).toBeNull();
  await named.program.stop('SIGINT');

  const program = startProgram([process.execPath, join('main', 'command', 'rackside.ts'), 'serve', '--data', lab.dataFolder], {
    cwd: join(import.meta.dirname, '../..'),
  });
  try {
    await program.line(/It serves there as it was told before/, 50_000);
    expect((await json<StationView>('status')).wire).toMatchObject({
      nic: 'gone0',
      mode: 'proxy',
      problem: { code: 'wire.no-such-nic' },
    });
    await json('wire', 'serve', '--loopback');
  } finally {
    await program.stop('SIGINT');
  }
  expect((await lab.rackside('serve', '--nic', 'gone0')).stderr).toContain('wire.no-such-nic');
  await lab.serve();
  expect((await json<StationView>('status')).wire).toMatchObject({ nic: null, problem: null });
}, 120_000);
