// The command line: what it says to a person, what it says to a script, and with which exit code.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FACTS } from '../../agent/protocol/facts.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { writeDemoImage } from '../rack/demo-image.ts';
import { makeHardware } from '../rack/hardware.ts';
import { createSoftwareTarget, makeDisk } from '../rack/software-target.ts';
import type { ProgramResult } from '../wire/program.ts';
import { createCommandLab } from './station.ts';
import type { CommandLab, Served } from './station.ts';

const MIB = 1024 * 1024;
let lab: CommandLab;
beforeAll(async () => void (lab = await createCommandLab()));
afterAll(() => lab.stop());

/** Not zero, its code on stderr in parentheses, nothing on stdout. */
const expectFailure = ({ code, stdout, stderr }: ProgramResult, failureCode: string, exitCode = 1): void => {
  expect({ code, stdout, stderr }).toEqual({ code: exitCode, stdout: '', stderr: expect.stringContaining(`(${failureCode})`) });
  expect(stderr).toMatch(/^rackside: .*\.\n {2}\S.*\n {2}\([a-z-]+\.[a-z-]+\)\n$/s);
};
const json = <T>({ code, stdout, stderr }: ProgramResult): T => {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as T;
};

describe('without a station', () => {
  test('help lists every command that the sources define, and each has its own help', async () => {
    const help = await lab.program('--help');
    expect(help.code).toBe(0);
    const folder = join(import.meta.dirname, '../../main/command');
    const files = (await readdir(folder)).filter((name) => name.endsWith('-commands.ts'));
    const modules = await Promise.all(files.map((name) => import(pathToFileURL(join(folder, name)).href) as Promise<object>));
    const lists = modules.flatMap((module) => Object.entries(module)).filter(([name]) => name.endsWith('_COMMANDS'));
    const names = lists.flatMap(([, commands]) => (commands as readonly { readonly name: string }[]).map(({ name }) => name));
    expect(lists.length).toBeGreaterThanOrEqual(files.length);
    expect(names).toEqual(expect.arrayContaining(['serve', 'approve', 'boot-local', 'images import', 'policies disable']));
    for (const name of names) expect(help.stdout).toMatch(new RegExp(`^ {2}${name}( |$)`, 'm'));
    const one = await lab.rackside('approve', '--help');
    expect(one).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('--erase SERIAL') });
    expect(await lab.rackside('help')).toEqual(help);
  });

  test('the help of what takes a file says how it is written, and that of facts names every fact', async () => {
    const help = async (...words: readonly string[]): Promise<string> => (await lab.rackside(...words, '--help')).stdout;
    const facts = await help('facts');
    for (const name of Object.keys(FACTS)) expect(facts).toMatch(new RegExp(`^ {4}${name.replaceAll('.', '\\.')} `, 'm'));
    expect(facts).toContain('rack, tower');
    expect(await help('site', 'import')).toContain('rack-position');
    expect(await help('recipes', 'add')).toContain('"matchOn"');
    for (const command of ['preview', 'import']) expect(await help('policies', command)).toContain('rackside policies add --help');
    for (const line of facts.split('\n')) expect(line.length).toBeLessThan(150);
  });
  test('what would be an order to a terminal is shown, not sent', async () => {
    const path = join(lab.folder, 'hostile.txt');
    await writeFile(
      path,
      'Handle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\tManufacturer: A\u001b[2J\u009b1mB\u202eC\n\tProduct Name: Box\n',
    );
    const { stdout } = await lab.rackside('facts', '--from', path);
    expect(stdout).toContain('A\ufffd[2J\ufffd1mB\ufffdC');
    const { stderr } = await lab.rackside('facts', '--from', '\u001b]0;title');
    expect(stderr).not.toContain('\u001b');
  });

  test('a word that several commands begin with has its own help, and a slip of the pen is told from nonsense', async () => {
    const group = await lab.rackside('policies', '--help');
    expect(group).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^usage: rackside policies COMMAND/) });
    expect(group.stdout).toContain('  policies explain MACHINE\n');
    expect(group.stdout).not.toContain('images');
    expect(await lab.rackside('help', 'policies')).toEqual(group);
    expect(await lab.rackside('policies')).toEqual({ ...group, code: 2 });
    expect(await lab.rackside('help', 'policies', 'add')).toEqual(await lab.rackside('policies', 'add', '--help'));
    // A command of its own that others begin with too.
    expect((await lab.rackside('machines', '--help')).stdout).toContain('  machines merge MACHINE OTHER\n');
    const next = async (...words: readonly string[]): Promise<string> => {
      const done = await lab.rackside(...words);
      expectFailure(done, 'command.unknown', 2);
      return done.stderr;
    };
    expect(await next('policies', 'show')).toContain('There are: list, add, remove');
    expect(await next('policie', 'list')).toContain('Did you mean "policies list"? See: rackside policies list --help');
    expect(await next('decisions', '--help')).toContain('See them all with: rackside --help');
  });

  test('as a program: the same words and exit codes', async () => {
    expectFailure(await lab.program('conquer', 'world'), 'command.unknown', 2);
    expectFailure(await lab.program('machines'), 'station.not-running');
  });

  test('a reader that has read enough is no mistake', async () => {
    const child = spawn(process.execPath, ['main/command/rackside.ts', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const [stderr, [code]] = await Promise.all([textOf(child.stderr), once(child, 'close')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test.each([
    [['conquer', 'world'], 'command.unknown', 2],
    [['machine'], 'command.arguments', 2],
    [['machines', '--nonsense'], 'command.option', 2],
    [['machines'], 'station.not-running', 1],
    [['images', 'import', 'x.raw', '--name', 'x'], 'station.not-running', 1],
    [['facts'], 'command.arguments', 1],
    [['facts', 'nobody'], 'station.not-running', 1],
    [['facts', '--from', '/no/such/dump'], 'dump.not-found', 1],
    [['facts', '--from', 'package.json'], 'dump.unreadable', 1],
    [['images', 'import', 'x.raw'], 'command.option-missing', 1],
    [['images', 'import', 'x.raw', '--name', 'x', '--label', 'Nonsense'], 'command.label-invalid', 1],
    [['serve', '--nic', 'no-such-nic0'], 'wire.no-such-nic', 1],
    [['serve', '--loopback', '--window-port', 'any'], 'wire.port-invalid', 1],
    [['preflight', '--loopback', '--http-port', '99999'], 'wire.port-invalid', 1],
    [['preflight', '--loopback', '--mode', 'both'], 'wire.mode-invalid', 1],
    [['serve', '--loopback', '--http-port', 'eighty'], 'wire.port-invalid', 1],
    [['serve', '--loopback', '--library', '/no/such/stick/library'], 'library.missing', 1],
  ] as const)('%j is refused with %s', async (words, failureCode, exitCode) => {
    expectFailure(await lab.rackside(...words), failureCode, exitCode);
  });
});

test('facts of recordings need no station, and several files are one machine', async () => {
  const path = join(lab.folder, 'dmi.txt');
  const disks = join(lab.folder, 'lsblk.json');
  await writeFile(
    path,
    '# dmidecode 3.4\nHandle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\tManufacturer: Acme\n\tSerial Number: None\n',
  );
  await writeFile(disks, '{"blockdevices":[{"name":"sda","type":"disk","size":1000000000000,"serial":"D1"}]}');
  const told = json<{ facts: { name: string; value: unknown; source: string; filler: boolean }[] }>(
    await lab.rackside('facts', '--from', path, disks, '--json'),
  );
  expect(told.facts).toEqual(
    expect.arrayContaining([
      { name: 'manufacturer', value: 'Acme', source: 'smbios:1.manufacturer', filler: false },
      { name: 'system.serial', value: 'None', source: 'smbios:1.serial', filler: true },
      { name: 'disk.sizes', value: [1e12], source: 'lsblk', filler: false },
    ]),
  );
  const shown = await lab.rackside('facts', '--from', path, '--from', disks);
  expect(shown.stdout).toMatch(/^system\.serial +None {2}\(filler\) +smbios:1\.serial$/m);
  expect(shown.stdout).toMatch(/^disk\.total +1 TB +lsblk$/m);
});

describe('with a station', () => {
  let served: Served;
  const power = new AbortController();
  let disk: string;

  beforeAll(async () => {
    served = await lab.serve();
  }, 60_000);
  afterAll(() => power.abort());

  test('a second one on the same data folder is refused', async () => {
    expectFailure(await lab.rackside('serve', '--loopback'), 'station.already-running');
  });

  test('every list is one line of JSON, empty as it is', async () => {
    for (const words of [['machines'], ['machines', 'changes'], ['images', 'list'], ['policies', 'list'], ['wire']])
      expect(json(await lab.rackside(...words, '--json'))).toEqual([]);
    expect(json(await lab.rackside('status', '--json'))).toMatchObject({
      wire: { kind: 'loopback', problem: null },
      listening: { on: true },
    });
    expect(json(await lab.rackside('listen', 'on', '--minutes', '5', '--json'))).toMatchObject({
      listening: { untilMs: expect.any(Number) },
    });
    const listens = await lab.rackside('listen', 'on', '--mac', '52-54-00-AA-BB-CC');
    expect(listens.stdout).toBe('Listening is on, for 52:54:00:aa:bb:cc alone.\n');
    expect((await lab.rackside('status')).stdout).toContain('listening  on, for 52:54:00:aa:bb:cc alone\n');
    expect(json(await lab.rackside('listen', 'on', '--json'))).toMatchObject({ listening: { on: true } });
    const events = (await lab.rackside('events', '--json')).stdout.trim().split('\n');
    expect(events.map((line) => (JSON.parse(line) as { kind: string }).kind)).toContain('station.started');
  });

  test('a MAC that nobody heard is answered with what to look for', async () => {
    const said = await lab.rackside('wire', '52-54-00-AA-BB-CC');
    expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining('Next: Look for a link lamp') });
    expect(json(await lab.rackside('wire', '52:54:00:aa:bb:cc', '--json'))).toMatchObject({
      mac: '52:54:00:aa:bb:cc',
      steps: [],
      verdict: { kind: 'never', code: 'wire.never-heard' },
    });
  });

  test.each([
    [['machine', 'nobody'], 'machine.not-found'],
    [['listen', 'on', '--mac', '52:54:00:aa:bb'], 'command.mac'],
    [['listen', 'on', '--minutes', '20000'], 'command.minutes'],
    [['site', 'import', '/no/such/plan.csv'], 'plan.not-found'],
    [['site', 'import', 'package.json'], 'plan.csv-broken'],
    [['site', 'clear'], 'plan.none'],
    [['machines', 'merge', 'nobody', 'nothing'], 'machine.not-found'],
    [['machines', 'split', 'nobody'], 'machine.not-found'],
    [['machines', 'undo', 'it'], 'command.arguments'],
    [['machines', 'undo', '7'], 'machine.change-unknown'],
    [['images', 'show', 'nothing'], 'image.not-found'],
    [['images', 'import', '/no/such/file.raw', '--name', 'x'], 'import.no-source'],
    [['policies', 'add', '/no/such/file.json'], 'policy.file-unreadable'],
    [['policies', 'remove', 'nothing'], 'policy.unknown'],
    [['wire', 'nobody'], 'machine.not-found'],
    [['listen', 'maybe'], 'command.arguments'],
    [['listen', 'on', '--minutes', 'many'], 'command.minutes'],
    [['deploy', 'nobody', '--image', 'x'], 'machine.not-found'],
    [['capture', 'nobody'], 'command.option-missing'],
    [['capture', 'nobody', '--name', 'x', '--label', 'Nonsense'], 'command.label-invalid'],
    [['capture', 'nobody', '--name', 'x'], 'machine.not-found'],
    [['verify', 'nobody'], 'machine.not-found'],
    [['verify', 'nobody', '--heal'], 'machine.not-found'],
  ] as const)('%j fails with %s', async (words, failureCode) => {
    expectFailure(await lab.rackside(...words), failureCode);
  });

  test('verify without a machine is told what it takes', async () => {
    expectFailure(await lab.rackside('verify'), 'command.arguments', 2);
  });

  test('a site plan is imported, shown, told by its difference, replaced and cleared', async () => {
    const path = join(lab.folder, 'plan.csv');
    await writeFile(path, '\ufeffserial;hostname;role\r\nSN1;web1;"web; front"\r\nSN2;db1;db\r\n');
    expect(json(await lab.rackside('site', 'show', '--json'))).toBeNull();
    expect(json(await lab.rackside('site', 'import', path, '--json'))).toMatchObject({
      applied: true,
      plan: { counts: { expected: 2, missing: 2 } },
    });
    expect((await lab.rackside('site', 'show')).stdout).toMatch(/^2 +sn1 +missing +- +hostname=web1 role=web; front +-$/m);
    await writeFile(path, 'serial,hostname,role\nSN1,web1,mail\n');
    const asked = await lab.rackside('site', 'import', path);
    expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining('(plan.replace-wanted)') });
    expect(asked.stdout).toMatch(/^ {2}- sn2\n {2}~ sn1 {2}role: web; front -> mail\n\nNothing was changed\.$/m);
    expect(json(await lab.rackside('site', 'import', path, '--replace', '--json'))).toMatchObject({
      applied: true,
      plan: { counts: { expected: 1 } },
    });
    await writeFile(path, 'serial,hostname,memory.size\nSN1,"web\n1",64 GiB\n');
    const replaced = await lab.rackside('site', 'import', path, '--replace');
    expect(replaced.stdout).toMatch(/^2 +sn1 +missing +- +hostname=web 1 memory.size=64 GiB +-$/m);
    await writeFile(path, 'serial,hostname\nSN1,"web\u001b[2J"\n');
    expectFailure(await lab.rackside('site', 'import', path, '--replace'), 'fact.unreadable');
    await writeFile(path, Buffer.from('serial;user\r\nSN1;J\xfcrgen\r\n', 'latin1'));
    const guessed = await lab.rackside('site', 'import', path, '--replace', '--json');
    expect(JSON.parse(guessed.stdout)).toMatchObject({ encoding: 'windows-1252', guessed: [{ line: 2, word: 'Jürgen' }] });
    expect(guessed.stderr).toMatch(/^NOTE plan\.csv is no UTF-8 and was read as Windows-1252: line 2 Jürgen\. /);
    await writeFile(path, Buffer.from('serial;user\r\nSN1;J\x81rgen\r\n', 'latin1'));
    expectFailure(await lab.rackside('site', 'import', path, '--replace'), 'plan.not-text');
    expect(await lab.rackside('site', 'clear')).toMatchObject({ code: 0, stdout: 'The plan was removed.\n' });
  });

  test('a plan that is too long for one frame is read by the station itself', async () => {
    const path = join(lab.folder, 'long.csv');
    const row = (index: number): string => `SN${10_000 + index},web${index},${'комната '.repeat(45)}`;
    await writeFile(path, ['serial,hostname,room', ...Array.from({ length: 1600 }, (_, index) => row(index))].join('\n'));
    expect(json(await lab.rackside('site', 'import', path, '--json'))).toMatchObject({
      applied: true,
      plan: { name: 'long.csv', counts: { expected: 1600 } },
    });
    await lab.rackside('site', 'clear');
  });

  test('other lists in Windows-1252 are told by their words', async () => {
    const path = join(lab.folder, 'list.json');
    await writeFile(path, Buffer.from('{"name":"input.floor","label":"\xc9tage","type":"text"}', 'latin1'));
    const fields = await lab.rackside('fields', 'add', path, '--json');
    expect([fields.code, fields.stderr]).toEqual([0, expect.stringContaining('line 1 Étage')]);
    await lab.rackside('fields', 'remove', 'input.floor');
  });

  test('import, policy, approve: nothing is erased until the serial is repeated', async () => {
    const path = join(lab.folder, 'image.raw');
    await writeDemoImage(path, { contentBytes: 2 * MIB, seed: 5 });
    const image = json<{ osoid: string }>(await lab.rackside('images', 'import', path, '--name', 'web', '--label', 'role=test', '--json'));
    expect(image.osoid).toMatch(/^[0-9a-f]{64}$/);
    expect((await lab.rackside('images', 'show', 'web')).stdout).toContain(image.osoid);

    const hardware = makeHardware('qemu', 1, { secureBoot: false });
    const target = await makeDisk(join(lab.folder, 'disk.raw'), { sizeBytes: 48 * MIB, serial: 'PRECIOUS' });
    disk = target.path;
    const { dhcp, tftp } = served.ports;
    const wire = { dhcp: { address: '127.0.0.1', port: dhcp }, tftp: { address: '127.0.0.1', port: tftp } };
    const software = createSoftwareTarget({ hardware, firmware: 'uefi', disks: [target], wire });
    const cycle = software.powerOn(power.signal);

    const follow = lab.rackside('events', '--follow', '--json');
    const until = async (accept: (machine: MachineView) => boolean): Promise<MachineView> => {
      for (;;) {
        const [machine] = json<MachineView[]>(await lab.rackside('machines', '--json'));
        if (machine !== undefined && accept(machine)) return machine;
      }
    };
    const unmatched = await until(({ state }) => state === 'unmatched');
    expectFailure(await lab.rackside('approve', unmatched.id), 'consent.not-asked');
    expect((await lab.rackside('machine', unmatched.id)).stdout).toContain('Decision\n  there are no policies yet\n');
    // Its disk is blank: nothing to make an image of.
    expectFailure(await lab.rackside('capture', unmatched.id, '--name', 'golden'), 'capture.no-disk');
    expectFailure(await lab.rackside('capture', unmatched.id, '--name', 'golden', '--disk', 'precious'), 'capture.disk-blank');
    expectFailure(await lab.rackside('verify', unmatched.id, '--disk', 'precious'), 'verify.no-record');
    expectFailure(await lab.rackside('deploy', unmatched.id), 'command.option-missing');
    const checked = await lab.rackside('deploy', unmatched.id, '--image', 'web', '--grow', 'none', '--check');
    expect(checked).toMatchObject({ code: 0, stdout: 'Image:          web\nGrows:          nothing\nOwn settings:   none\n' });
    expectFailure(await lab.rackside('deploy', unmatched.id, '--image', 'web', '--grow', 'home', '--check'), 'deploy.grow-unknown');
    expect((await until(({ id }) => id === unmatched.id)).state).toBe('unmatched');
    expect(json(await lab.rackside('deploy', unmatched.name, '--image', 'web', '--json'))).toMatchObject({ id: unmatched.id });
    await until(({ question }) => question?.kind === 'erase');

    const asked = await lab.rackside('approve', unmatched.id);
    expect(asked.code).toBe(1);
    expect(asked.stdout).toMatch(/WILL BE ERASED: .*PRECIOUS.*\(blank\)/);
    expect(asked.stdout).toMatch(/^ {2}Grows: /m);
    expect(asked.stdout).toContain('Nothing was changed');
    expect(asked.stderr).toContain('(consent.serial-wanted)');
    const wrong = await lab.rackside('approve', unmatched.id, '--erase', 'OTHER');
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('(consent.wrong-disk)') });
    expect((await readFile(disk)).every((byte) => byte === 0)).toBe(true);

    expect(json(await lab.rackside('approve', unmatched.id, '--erase', 'PRECIOUS', '--json'))).toMatchObject({ osoid: image.osoid });
    await until(({ state }) => state === 'provisioned');
    expect(await cycle).toEqual({ boots: 2, endedBy: 'local-disk' });
    expect((await lab.rackside('fact', unmatched.id, 'role=web')).stdout).not.toContain('NOTE');
    expect((await lab.rackside('fact', unmatched.id, 'memory.size=4 GiB')).stdout).toMatch(
      /\nNOTE memory\.size stays \d+ GiB, as smbios:17 tells it; /,
    );
    expect((await lab.rackside('fact', unmatched.id, 'memory.size=')).stdout).not.toContain('NOTE');
    const facts = await lab.rackside('facts', unmatched.id, '--history');
    expect(facts.stdout).toMatch(/^role +web +person:\S+ +\d{4}-/m);
    expect(facts.stdout).toMatch(/^History$/m);
    const { facts: told } = json<{ facts: { name: string; value: string }[] }>(await lab.rackside('facts', unmatched.id, '--json'));
    const uuid = told.find((fact) => fact.name === 'system.uuid')?.value ?? '';
    expectFailure(await lab.rackside('machines', 'split', unmatched.id, 'nonsense'), 'machine.split-unknown');
    expectFailure(await lab.rackside('machines', 'merge', unmatched.id, unmatched.id), 'machine.merge-same');
    const { id: changeId } = json<{ id: number }>(await lab.rackside('machines', 'split', unmatched.id, uuid, '--json'));
    expect(json<MachineView[]>(await lab.rackside('machines', '--json'))).toHaveLength(2);
    expect((await lab.rackside('machines', 'undo', String(changeId))).stdout).toBe(`Change ${changeId} was taken back.\n`);
    expect(json<MachineView[]>(await lab.rackside('machines', '--json'))).toHaveLength(1);
    expect((await lab.rackside('machines', 'changes')).stdout).toMatch(/ split .* taken back$/m);
    const detail = await lab.rackside('machine', unmatched.id);
    expect(detail).toMatchObject({ code: 0, stdout: expect.stringContaining('PRECIOUS') });

    // Held and started again it gives the library back what that lost.
    const packs = join(lab.dataFolder, 'library', 'packs');
    const pack = join(packs, (await readdir(packs, { recursive: true })).find((name) => name.endsWith('.pack')) ?? '');
    const frames = await readFile(pack);
    frames[16 + 56 + 1000] = (frames[16 + 56 + 1000] ?? 0) ^ 1;
    await writeFile(pack, frames);
    expect((await lab.rackside('library', 'verify')).code).toBe(1);
    const shown = await lab.rackside('images', 'show', 'web');
    expect(shown.stdout).toMatch(/DAMAGED {4}1 chunks are missing: rackside library repair.*\n.*rackside verify \S+ --heal/);
    await lab.rackside('hold', unmatched.id);
    const again = software.powerOn(power.signal);
    await until(({ state }) => state === 'waiting');
    const ordered = await lab.rackside('verify', unmatched.name, '--heal');
    expect(ordered).toMatchObject({ code: 0, stdout: expect.stringContaining('and the library is given') });
    await until(({ state }) => state === 'waiting');
    const job = /rackside job (\S+)/.exec(ordered.stdout)?.[1] ?? '';
    expect((await lab.rackside('job', job)).stdout).toMatch(/1 of 1 chunks that the library lacked came back/);
    expect((await lab.rackside('library', 'verify')).stdout).toContain('Everything is whole.');
    power.abort();
    await again.catch(() => undefined);

    // Ctrl-C ends the station in order, and whoever followed it.
    expect(await served.program.stop('SIGINT')).toMatchObject({ code: 0 });
    const followed = await follow;
    expect(followed.stdout).toContain('"kind":"job.finished"');
    // Not for ever: a station that has ended says nothing more.
    expect(followed).toMatchObject({ code: 1, stderr: expect.stringContaining('(station.gone)') });
    expectFailure(await lab.rackside('machines'), 'station.not-running');
  });
});
