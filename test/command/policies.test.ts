// Policies from the command line: a set as one file that travels, and what a person sees before anything of it is on.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PolicyPreview, Trace } from '../../preload/contract/policy.ts';
import type { MachineView, PolicyView } from '../../preload/contract/views.ts';
import { makeHardware } from '../rack/hardware.ts';
import { createSoftwareTarget, makeDisk } from '../rack/software-target.ts';
import { createCommandLab } from './station.ts';
import type { CommandLab, Served } from './station.ts';

let lab: CommandLab;
let served: Served;
const power = new AbortController();
beforeAll(async () => {
  lab = await createCommandLab();
  served = await lab.serve();
}, 60_000);
afterAll(async () => {
  power.abort();
  await lab.stop();
});

const policy = (name: string, rank: number, consent = 'ask') => ({
  name,
  rank,
  when: { all: [] },
  outcome: { kind: 'boot-local' },
  consent,
});
const file = async (name: string, value: unknown): Promise<string> => {
  const path = join(lab.folder, name);
  await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value, null, 2));
  return path;
};
const list = async (): Promise<PolicyView[]> => JSON.parse((await lab.rackside('policies', 'list', '--json')).stdout) as PolicyView[];
const failing = async (code: string, ...words: readonly string[]): Promise<string> => {
  const done = await lab.rackside(...words);
  expect(done).toMatchObject({ code: 1, stderr: expect.stringContaining(`(${code})`) });
  return done.stderr;
};

test('a list is added whole or not at all, and what is wrong is told by line', async () => {
  const bad = await file('bad.json', [policy('one', 1), { ...policy('two', 2), rank: 'second' }]);
  expect(await failing('policy.invalid', 'policies', 'add', bad)).toContain(
    'bad.json is not taken:\n  line 15, policy "two", rank: "second" is not',
  );
  expect(await list()).toEqual([]);
  const added = await lab.rackside('policies', 'add', await file('good.json', [policy('one', 1), policy('two', 2, 'auto')]));
  expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/1 +one .* on[\s\S]*2 +two .* auto +on/) });
  await failing('policy.file-unreadable', 'policies', 'add', join(lab.folder, 'none.json'));
  await failing('policy.file-unreadable', 'policies', 'add', await file('comma.json', '[1,]'));
  expect((await lab.rackside('policies', 'add', '--help')).stdout).toContain('"atLeast": "64 GiB"');
});

test('export writes one file, the same on standard output, and import of it changes nothing', async () => {
  const path = join(lab.folder, 'set.json');
  expect(await lab.rackside('policies', 'export', path)).toMatchObject({ code: 0, stdout: `2 policies are in ${path}.\n` });
  expect((await lab.rackside('policies', 'export', '-')).stdout).toBe(await readFile(path, 'utf8'));
  const again = await lab.rackside('policies', 'import', path);
  expect(again).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/0 new, 0 changed, 2 the same, 0 only here[\s\S]*Nothing changes/),
  });
  expect((await list()).map(({ policy: { name, consent }, enabled }) => [name, consent, enabled])).toEqual([
    ['one', 'ask', true],
    ['two', 'auto', true],
  ]);
  await failing('policy.file-unwritable', 'policies', 'export', '/no/such/folder/set.json');
  await failing('set.file-unwritable', 'sets', 'export', '/no/such/folder/set.json');
});

test('what comes from elsewhere is off, shows its difference, and is on once somebody says yes', async () => {
  const theirs = await file('theirs.json', [policy('two', 3, 'auto'), policy('three', 9, 'auto')]);
  const came = await lab.rackside('policies', 'import', theirs);
  expect(came.stdout).toMatch(
    /1 new, 1 changed, 0 the same, 1 only here[\s\S]*~ two {2}changed\n {6}rank: 2 -> 3\n {6}consent: "auto" -> "ask"\n[\s\S]*- one {2}only here/,
  );
  expect((await list()).map(({ policy: { name, rank }, enabled }) => [name, rank, enabled])).toEqual([
    ['one', 1, true],
    ['two', 2, true],
    ['three', 9, false],
  ]);
  expect((await lab.rackside('policies', 'list')).stdout).toContain('off, new from theirs.json');
  // Nobody sits at this terminal, so nobody has said yes.
  const asked = await lab.rackside('policies', 'enable', 'three');
  expect(asked).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('+ three  new'),
    stderr: expect.stringContaining('(policy.not-seen)'),
  });
  expect(await lab.rackside('policies', 'enable', 'three', '--yes')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('three is on.'),
  });
  expect((await list()).find((one) => one.policy.name === 'three')).toMatchObject({ enabled: true, policy: { consent: 'ask' } });
  expect(await lab.rackside('policies', 'remove', 'two', '--arrived')).toMatchObject({ code: 0 });
  expect((await list()).find((one) => one.policy.name === 'two')).toMatchObject({ enabled: true, arrived: null, policy: { rank: 2 } });
  expect(await lab.rackside('policies', 'disable', 'two')).toMatchObject({ code: 0, stdout: 'two is off.\n' });
  expect(await lab.rackside('policies', 'remove', 'two')).toMatchObject({ code: 0, stdout: 'Removed.\n' });
  await failing('policy.unknown', 'policies', 'enable', 'two');
});

test('a preview says what would change, and changes nothing', async () => {
  const before = await list();
  const edited = await file('edited.json', policy('one', 7));
  expect(await lab.rackside('policies', 'preview', edited)).toMatchObject({
    code: 0,
    stdout:
      '0 machines: 0 would change, 0 get the same by another policy, 0 stay as they are\n' +
      'NOTE "three" (rank 9) is never reached: every machine that it fits, "one" (rank 7) fits too, and comes first. Give it a lower rank than that, or remove it.\n',
  });
  expect(JSON.parse((await lab.rackside('policies', 'preview', edited, '--on', '--json')).stdout)).toMatchObject({ changes: [] });
  await failing('policy.invalid', 'policies', 'preview', await file('bad.json', [{ name: 'x' }]));
  expect(await list()).toEqual(before);
});

test('a policy that an earlier one always comes before is told at import, preview, add, list and enable, and refused nowhere', async () => {
  const before = await list();
  const when = (fact: string, test: object) => ({ all: [{ fact, ...test }] });
  const wide = { ...policy('wide', 3), when: when('memory.size', { atLeast: '64 GiB' }), limit: 12 };
  const narrow = { ...policy('narrow', 4), when: when('memory.size', { atLeast: '128 GiB' }) };
  const note =
    'NOTE "narrow" (rank 4) is never reached: every machine that it fits, "wide" (rank 3) fits too, and comes first. Beyond its limit of 12 ';
  for (const name of ['one', 'three']) await lab.rackside('policies', 'disable', name);
  const path = await file('hidden.json', [narrow, wide]);
  expect((await lab.rackside('policies', 'import', path)).stdout).toContain(note);
  // Both are off: nothing hides anything.
  expect((await lab.rackside('policies', 'list')).stdout).not.toContain('NOTE');
  expect((await lab.rackside('policies', 'preview', path, '--on')).stdout).toContain(note);
  await lab.rackside('policies', 'enable', 'wide', '--yes');
  expect(await lab.rackside('policies', 'enable', 'narrow', '--yes')).toMatchObject({ code: 0, stdout: expect.stringContaining(note) });
  expect((await list()).map(({ shadowed }) => shadowed !== null)).toEqual([false, false, true, false]);
  expect((await lab.rackside('policies', 'add', path)).stdout).toContain(note);
  for (const name of ['wide', 'narrow']) await lab.rackside('policies', 'remove', name);
  for (const name of ['one', 'three']) await lab.rackside('policies', 'enable', name);
  expect(await list()).toEqual(before);
});

test('a file is checked without a station, and held against a machine that was recorded', async () => {
  const dump = await file(
    'dmi.txt',
    `# dmidecode 3.4
SMBIOS 3.2 present.

Handle 0x0001, DMI type 1, 27 bytes
System Information
\tManufacturer: HPE
\tProduct Name: ProLiant DL380 Gen10
\tSerial Number: CZ3340AAAA

Handle 0x0011, DMI type 17, 40 bytes
Memory Device
\tSize: 64 GB
\tForm Factor: DIMM
`,
  );
  const when = (all: readonly object[]) => ({ all });
  const big = { ...policy('big', 3), when: when([{ fact: 'memory.size', atLeast: '64 GiB' }]) };
  const set = await file('set.json', [
    { ...policy('slots', 2), when: when([{ fact: 'blade.slot', equal: '5' }]), whenUnknown: 'skip' },
    big,
    { ...big, name: 'bigger', rank: 4, when: when([...big.when.all, { fact: 'manufacturer', glob: 'HP*' }]) },
  ]);
  const elsewhere = ['--data', join(lab.folder, 'no-station')];
  const checked = await lab.rackside('policies', 'check', set, '--from', dump, ...elsewhere);
  expect(checked).toMatchObject({ code: 0, stderr: '' });
  expect(checked.stdout).toContain('set.json: 3 policies, and nothing is wrong with them.\nNOTE "bigger" (rank 4) is never reached: ');
  expect(checked.stdout).toMatch(
    /unknown blade.slot = "5" {2}\(blade.slot is not known\)[\s\S]*yes +memory.size ≥ 64 GiB {2}\[seen: 64 GiB\]/,
  );
  expect(checked.stdout).toContain('\nPolicy "big" decides: boot its own disk; consent: ask.\n');
  expect(JSON.parse((await lab.rackside('policies', 'check', set, '--json', ...elsewhere)).stdout)).toMatchObject({
    policies: 3,
    trace: null,
  });
  await failing('policy.invalid', 'policies', 'check', await file('bad.json', [{ name: 'x' }]), ...elsewhere);
  await failing('dump.not-found', 'policies', 'check', set, '--from', join(lab.folder, 'none.txt'), ...elsewhere);
});

test('what no library has is told beside the list, and is no failure', async () => {
  const before = await list();
  const newest = (name: string, role: string) => ({ ...policy(name, 7), outcome: { kind: 'deploy-newest', labels: { role } } });
  const wanted = [newest('w-1', 'web'), newest('w-2', 'web'), { ...policy('w-3', 8), outcome: { kind: 'deploy', osoid: 'a'.repeat(64) } }];
  const added = await lab.rackside('policies', 'add', await file('wanted.json', wanted));
  expect(added).toMatchObject({ code: 0, stderr: '' });
  expect(added.stdout).toContain('\nNOTE w-1, w-2: no trusted image has role=web\nNOTE w-3: no library here has image aaaaaaaaaaaa\n');
  expect((await lab.rackside('policies', 'list')).stdout).toContain('\nNOTE w-3: ');
  await lab.rackside('policies', 'disable', 'w-3');
  expect((await lab.rackside('policies', 'list')).stdout).not.toContain('NOTE w-3');
  for (const name of ['w-1', 'w-2', 'w-3']) await lab.rackside('policies', 'remove', name);
  expect(await list()).toEqual(before);
});

test('one bad policy refuses the whole import', async () => {
  const before = await list();
  const bad = await file('bad.json', {
    rackside: 'policies/1',
    policies: [policy('four', 4), { ...policy('five', 5), outcome: { kind: 'deploy-latest' } }],
  });
  expect(await failing('policy.invalid', 'policies', 'import', bad)).toContain('unknown outcome "deploy-latest"');
  expect(await list()).toEqual(before);
});

test('with a machine there: a thousand policies are added at once, its record keeps those that matter, and explain has them all', async () => {
  for (const { policy: one } of await list()) await lab.rackside('policies', 'remove', one.name);
  const { dhcp, tftp } = served.ports;
  const wire = { dhcp: { address: '127.0.0.1', port: dhcp }, tftp: { address: '127.0.0.1', port: tftp } };
  const disks = [await makeDisk(join(lab.folder, 'disk.raw'), { sizeBytes: 48 * 1024 * 1024, serial: 'KEPT' })];
  const cycle = createSoftwareTarget({ hardware: makeHardware('qemu', 1, { secureBoot: false }), firmware: 'uefi', disks, wire }).powerOn(
    power.signal,
  );
  const cut = cycle.catch(() => null);
  let machine: MachineView | undefined;
  while (machine?.state !== 'unmatched') [machine] = JSON.parse((await lab.rackside('machines', '--json')).stdout) as MachineView[];

  const many = Array.from({ length: 1100 }, (_, at) => ({
    ...policy(`p-${at}`, at),
    when: { fact: 'memory.size', atLeast: `${at + 1} PB` },
    outcome: { kind: 'hold', reason: 'too large to be true' },
  }));
  const all = await file('many.json', [...many, { ...policy('last', 5000), outcome: { kind: 'hold', reason: 'seen' } }]);
  const { stdout } = await lab.rackside('policies', 'preview', all, '--json');
  const preview = JSON.parse(stdout) as PolicyPreview;
  expect(preview).toMatchObject({
    counts: { machines: 1, changed: 1 },
    changes: [
      { before: { policy: null }, after: { policy: 'last', text: expect.stringContaining('seen') }, why: ['last (rank 5000) holds'] },
    ],
  });
  expect((await lab.rackside('policies', 'preview', all)).stdout).toMatch(
    /^1 machines: 1 would change[\s\S]*-> last: hold: Policy "last" holds it: seen/,
  );
  expect(await list()).toEqual([]);
  expect(await lab.rackside('policies', 'add', all)).toMatchObject({ code: 0 });
  const explained = JSON.parse((await lab.rackside('policies', 'explain', machine.id, '--json')).stdout) as Trace;
  expect(explained).toMatchObject({ resolution: { kind: 'matched', policy: 'last' }, left: 0 });
  expect(explained.policies.map(({ name }) => name)).toEqual([...many.map(({ name }) => name), 'last']);
  const said = (await lab.rackside('policies', 'explain', machine.id)).stdout;
  expect(said).toContain('   0 p-0 -> hold: does not hold\n      no      memory.size ≥ 1 PB  [seen: 2 GiB]\n');
  expect(said).toMatch(
    /5000 last -> hold: decides\n {6}yes {5}every machine\n\nPolicy "last" decides: hold: seen; consent: ask\.\n.* is waiting: /,
  );
  // Filler, no rack's slot and a rank behind the winner's: it would be asked for if it came first.
  const late = { ...policy('late', 6000), when: { fact: 'blade.slot', equal: '5' } };
  await lab.rackside('policies', 'add', await file('late.json', late));
  expect((await lab.rackside('policies', 'explain', machine.id)).stdout).toContain(
    '6000 late -> boot-local: cannot be judged, and comes later\n      unknown blade.slot = "5"  (blade.slot is not known)',
  );
  await lab.rackside('policies', 'add', await file('late.json', { ...late, rank: 1 }));
  expect((await lab.rackside('policies', 'explain', machine.id)).stdout).toContain(
    '\n\nPolicy "late" comes first and cannot be judged without blade.slot.\n',
  );
  await lab.rackside('policies', 'remove', 'late');
  expect((await lab.rackside('machine', machine.id)).stdout).toContain('and 1001 more: rackside policies explain MACHINE');
  power.abort();
  await cut;
}, 60_000);

test('ten thousand policies travel in one file, longer than a frame of the pipe', async () => {
  const before = await list();
  const path = join(lab.folder, 'large.json');
  const many = Array.from({ length: 10_000 }, (_, at) => ({
    ...policy(`large-${at}`, 10 + at),
    when: { fact: 'system.serial', equal: `SERIAL-${at}` },
  }));
  expect(await lab.rackside('policies', 'add', await file('many.json', many))).toMatchObject({ code: 0, stderr: '' });
  expect(await lab.rackside('policies', 'export', path)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${before.length + 10_000} policies`),
  });
  expect((await readFile(path)).length).toBeGreaterThan(1024 * 1024);
  expect((await lab.rackside('policies', 'import', path)).stdout).toContain(`0 changed, ${before.length + 10_000} the same, 0 only here`);
  expect(await failing('policy.invalid', 'policies', 'import', await file('bad.json', [...many, { name: 'x' }]))).toContain(
    'bad.json is not taken',
  );
  await served.program.stop('SIGINT');
  served = await lab.serve();
  expect(await list()).toHaveLength(before.length + 10_000);
}, 240_000);
