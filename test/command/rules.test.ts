// What people are asked, image sets, and a choice made a policy, from the command line: in words and as JSON, and what may go wrong.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FieldView } from '../../preload/contract/fields.ts';
import type { SetView } from '../../preload/contract/image-set.ts';
import type { ChoiceProposal } from '../../preload/contract/choice.ts';
import type { MachineView, PolicyView } from '../../preload/contract/views.ts';
import { makeHardware } from '../rack/hardware.ts';
import { createSoftwareTarget, makeDisk } from '../rack/software-target.ts';
import { noise } from '../image/real-disk.ts';
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

const file = async (name: string, value: unknown): Promise<string> => {
  const path = join(lab.folder, name);
  await writeFile(path, JSON.stringify(value));
  return path;
};
const words = async (...given: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await lab.rackside(...given);
  expect({ given, code, stderr }).toEqual({ given, code: 0, stderr: '' });
  return stdout;
};
const json = async <T>(...given: readonly string[]): Promise<T> => JSON.parse(await words(...given, '--json')) as T;
const failing = async (code: string, ...given: readonly string[]): Promise<void> => {
  expect(await lab.rackside(...given)).toMatchObject({ code: 1, stderr: expect.stringContaining(`(${code})`) });
};
/** 1 MiB with an MBR and one Linux partition in it. */
const smallDisk = (): Buffer => {
  const disk = noise('web', 1024 * 1024);
  disk.fill(0, 0, 512);
  disk.set([0x80, 0, 2, 0, 0x83, 0, 3, 0], 446);
  disk.writeUInt32LE(64, 454);
  disk.writeUInt32LE(1024, 458);
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
};
const compares = { name: 'many', rank: 1, when: { fact: 'input.vlan', atLeast: 100 }, outcome: { kind: 'boot-local' }, consent: 'ask' };

test('fields: defined, listed, replaced, removed; a number is compared only while a field declares it', async () => {
  expect(await words('fields', 'list')).toContain('No fields are defined');
  await failing('policy.invalid', 'policies', 'add', await file('many.json', compares));
  await failing('field.file-invalid', 'fields', 'add', await file('bad.json', { name: 'input.vlan', type: 'number', least: 'one' }));
  const vlan = { name: 'input.vlan', label: 'VLAN', type: 'number', least: 1, most: 4094, everyMachine: true };
  const role = { name: 'role', type: 'choice', choices: ['web', 'mail'], required: false };
  expect(await words('fields', 'add', await file('fields.json', [vlan, role]))).toMatch(
    /input\.vlan +VLAN +number, at least 1, at most 4094 +yes +of every machine[\s\S]*role +Role +one of web, mail +no +where it is wanted/,
  );
  expect((await json<FieldView[]>('fields', 'list')).map(({ field }) => [field.name, field.type])).toEqual([
    ['input.vlan', 'number'],
    ['role', 'choice'],
  ]);
  await json('policies', 'add', await file('many.json', compares));
  // The policy would be left with a comparison that nothing can judge.
  await failing('field.in-use', 'fields', 'remove', 'vlan');
  await failing('field.in-use', 'fields', 'add', await file('text.json', { name: 'input.vlan' }));
  await json('fields', 'add', await file('narrow.json', { ...vlan, most: 100 }));
  await json('policies', 'remove', 'many');
  // The short name of an own field is enough.
  expect(await words('fields', 'remove', 'vlan')).not.toContain('input.vlan');
  await failing('field.unknown', 'fields', 'remove', 'vlan');
});

test('sets: added, shown, carried elsewhere, switched and removed', async () => {
  expect(await words('sets', 'list')).toContain('There are no image sets');
  const lab1 = {
    name: 'lab',
    members: [
      { name: 'base', labels: { role: 'web' } },
      { name: 'rescue', labels: { role: 'rescue' } },
    ],
    final: 'base',
  };
  await failing('set.file-invalid', 'sets', 'add', await file('bad-set.json', { ...lab1, final: 'nobody' }));
  expect(await words('sets', 'add', await file('set.json', lab1))).toMatch(/lab +on +base, rescue +base/);
  expect(await words('sets', 'show', 'lab')).toMatch(/1\. base: newest with role=web\n +2\. rescue: newest with role=rescue/);
  expect(await json('sets', 'show', 'lab')).toMatchObject({ set: { name: 'lab', final: 'base' }, enabled: true, runs: [] });
  await failing('set.unknown', 'sets', 'show', 'labs');
  const carried = join(lab.folder, 'carried.json');
  expect(await words('sets', 'export', carried)).toBe(`1 image sets are in ${carried}.\n`);
  expect(JSON.parse(await readFile(carried, 'utf8'))).toMatchObject({ sets: [{ name: 'lab' }] });
  const policy = { name: 'wants-lab', rank: 1, when: { all: [] }, outcome: { kind: 'set', set: 'lab' }, consent: 'ask' };
  await json('policies', 'add', await file('wants.json', policy));
  await failing('set.in-use', 'sets', 'remove', 'lab');
  await json('policies', 'remove', 'wants-lab');
  expect(await words('sets', 'remove', 'lab')).toContain('There are no image sets');
  expect(await json('sets', 'import', carried)).toEqual({ arrived: ['lab'], same: [], different: [] });
  expect((await json<SetView[]>('sets', 'list')).map(({ enabled }) => enabled)).toEqual([false]);
  expect(await words('sets', 'enable', 'lab')).toBe('Image set lab is on.\n');
  expect(await words('sets', 'import', carried)).toContain('Here already, the same: lab');
  expect(await words('sets', 'disable', 'lab')).toBe('Image set lab is off.\n');
});

test('a machine asks, is answered, is given an image by hand, and the choice becomes a policy', async () => {
  const asks = {
    name: 'asks',
    rank: 1,
    when: { all: [] },
    consent: 'ask',
    outcome: { kind: 'ask', facts: [], fields: [{ name: 'input.vlan', type: 'number', most: 4094 }] },
  };
  await json('policies', 'add', await file('asks.json', asks));
  const { dhcp, tftp } = served.ports;
  const wire = { dhcp: { address: '127.0.0.1', port: dhcp }, tftp: { address: '127.0.0.1', port: tftp } };
  const disks = [await makeDisk(join(lab.folder, 'disk.raw'), { sizeBytes: 48 * 1024 * 1024, serial: 'KEPT' })];
  const hardware = makeHardware('qemu', 1, { secureBoot: false });
  const cut = createSoftwareTarget({ hardware, firmware: 'uefi', disks, wire })
    .powerOn(power.signal)
    .catch(() => null);
  const machineWhen = async (is: (machine: MachineView) => boolean): Promise<MachineView> => {
    for (;;) {
      const [machine] = await json<MachineView[]>('machines');
      if (machine !== undefined && is(machine)) return machine;
    }
  };
  const { id } = await machineWhen(({ question }) => question?.kind === 'fact');

  expect(await words('answer', id)).toMatch(/input\.vlan +vlan +number, at most 4094[\s\S]*Answer with: rackside answer .* input\.vlan=…/);
  expect(await json('answer', id)).toMatchObject({
    machine: id,
    question: { kind: 'fact', fields: [{ name: 'input.vlan', type: 'number' }] },
  });
  await failing('command.arguments', 'answer', id, 'vlan');
  await failing('answer.invalid', 'answer', id, 'vlan=5000');
  await words('answer', id, 'vlan=120');
  const answered = await machineWhen(({ state }) => state === 'unmatched');
  expect(await words('answer', id)).toContain('asks for nothing');
  // The answer is compared as the number that its field says it is.
  const preview = await file('compares.json', [{ ...compares, rank: 5, outcome: { kind: 'hold', reason: 'many' } }]);
  expect(await words('policies', 'preview', preview)).toContain('many (rank 5) holds: input.vlan ≥ 100 (seen: 120)');

  await failing('choice.none', 'policies', 'from-choice', id);
  await writeFile(join(lab.folder, 'web.raw'), smallDisk());
  const image = await json<{ osoid: string }>('images', 'import', join(lab.folder, 'web.raw'), '--name', 'web', '--label', 'role=web');
  await json('deploy', id, '--image', image.osoid);
  await failing('choice.fact-unknown', 'policies', 'from-choice', id, '--fact', 'rack.position');
  const proposed = await json<ChoiceProposal>('policies', 'from-choice', id);
  expect(proposed).toMatchObject({ saved: null, policy: { outcome: { kind: 'deploy', osoid: image.osoid }, consent: 'ask' } });
  expect(JSON.stringify(proposed.policy.when)).toContain(JSON.stringify({ fact: 'manufacturer', equal: answered.manufacturer }));
  const list = async (): Promise<readonly string[]> =>
    (await json<PolicyView[]>('policies', 'list')).map(({ policy: { name }, enabled }) => `${name} ${enabled}`);
  expect(await list()).toEqual(['asks true']);
  expect(await words('policies', 'from-choice', id, '--newest', '--name', 'like-it', '--save', '--off')).toContain(
    'Policy like-it is saved and off; switch it on with: rackside policies enable like-it.',
  );
  await failing('choice.name-taken', 'policies', 'from-choice', id, '--name', 'like-it', '--save');
  expect(await list()).toContain('like-it false');
  power.abort();
  await cut;
}, 120_000);
