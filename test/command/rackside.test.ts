// The command line: what it says to a person, what it says to a script, and with which exit code.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
    const sources = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
    const names = sources.flatMap((source) =>
      [
        ...source.matchAll(/^ {2,4}name: '([a-z -]+)'/gm),
        ...source.matchAll(/\bsimple\('([a-z-]+)'/g),
        ...source.matchAll(/\? '(policies [a-z]+)' : '(policies [a-z]+)'/g),
      ].flatMap(([, ...found]) => found),
    );
    expect(names).toEqual(expect.arrayContaining(['serve', 'approve', 'boot-local', 'images import', 'policies disable']));
    for (const name of names) expect(help.stdout).toMatch(new RegExp(`^ {2}${name}( |$)`, 'm'));
    const one = await lab.rackside('approve', '--help');
    expect(one).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('--erase SERIAL') });
    expect(await lab.rackside('help')).toEqual(help);
  });

  test('as a program: the same words and exit codes', async () => {
    expectFailure(await lab.program('conquer', 'world'), 'command.unknown', 2);
    expectFailure(await lab.program('machines'), 'station.not-running');
  });

  test.each([
    [['conquer', 'world'], 'command.unknown', 2],
    [['machine'], 'command.arguments', 2],
    [['machines', '--nonsense'], 'command.option', 2],
    [['machines'], 'station.not-running', 1],
    [['images', 'import', 'x.raw', '--name', 'x'], 'station.not-running', 1],
    [['images', 'import', 'x.raw'], 'command.option-missing', 1],
    [['images', 'import', 'x.raw', '--name', 'x', '--label', 'Nonsense'], 'command.label-invalid', 1],
    [['serve', '--nic', 'no-such-nic0'], 'wire.no-such-nic', 1],
    [['serve', '--loopback', '--http-port', 'eighty'], 'wire.port-invalid', 1],
    [['serve', '--loopback', '--library', '/no/such/stick/library'], 'library.missing', 1],
  ] as const)('%j is refused with %s', async (words, failureCode, exitCode) => {
    expectFailure(await lab.rackside(...words), failureCode, exitCode);
  });
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
    for (const words of [['machines'], ['images', 'list'], ['policies', 'list']])
      expect(json(await lab.rackside(...words, '--json'))).toEqual([]);
    expect(json(await lab.rackside('status', '--json'))).toMatchObject({
      wire: { kind: 'loopback', problem: null },
      listening: { on: true },
    });
    expect(json(await lab.rackside('listen', 'on', '--minutes', '5', '--json'))).toMatchObject({
      listening: { untilMs: expect.any(Number) },
    });
    expect(json(await lab.rackside('listen', 'on', '--json'))).toMatchObject({ listening: { on: true } });
    const events = (await lab.rackside('events', '--json')).stdout.trim().split('\n');
    expect(events.map((line) => (JSON.parse(line) as { kind: string }).kind)).toContain('station.started');
  });

  test.each([
    [['machine', 'nobody'], 'machine.not-found'],
    [['images', 'show', 'nothing'], 'image.not-found'],
    [['images', 'import', '/no/such/file.raw', '--name', 'x'], 'import.no-source'],
    [['policies', 'add', '/no/such/file.json'], 'policy.file-unreadable'],
    [['policies', 'remove', 'nothing'], 'policy.unknown'],
    [['listen', 'maybe'], 'command.arguments'],
    [['listen', 'on', '--minutes', 'many'], 'command.minutes'],
    [['deploy', 'nobody', '--image', 'x'], 'machine.not-found'],
  ] as const)('%j fails with %s', async (words, failureCode) => {
    expectFailure(await lab.rackside(...words), failureCode);
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
    const cycle = createSoftwareTarget({ hardware, firmware: 'uefi', disks: [target], wire }).powerOn(power.signal);

    const follow = lab.rackside('events', '--follow', '--json');
    const until = async (accept: (machine: MachineView) => boolean): Promise<MachineView> => {
      for (;;) {
        const [machine] = json<MachineView[]>(await lab.rackside('machines', '--json'));
        if (machine !== undefined && accept(machine)) return machine;
      }
    };
    const unmatched = await until(({ state }) => state === 'unmatched');
    expectFailure(await lab.rackside('approve', unmatched.id), 'consent.not-asked');
    expectFailure(await lab.rackside('deploy', unmatched.id), 'command.option-missing');
    expect(json(await lab.rackside('deploy', unmatched.name, '--image', 'web', '--json'))).toMatchObject({ id: unmatched.id });
    await until(({ question }) => question?.kind === 'erase');

    const asked = await lab.rackside('approve', unmatched.id);
    expect(asked.code).toBe(1);
    expect(asked.stdout).toMatch(/WILL BE ERASED: .*PRECIOUS.*\(blank\)/);
    expect(asked.stdout).toContain('Nothing was changed');
    expect(asked.stderr).toContain('(consent.serial-wanted)');
    const wrong = await lab.rackside('approve', unmatched.id, '--erase', 'OTHER');
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('(consent.wrong-disk)') });
    expect((await readFile(disk)).every((byte) => byte === 0)).toBe(true);

    expect(json(await lab.rackside('approve', unmatched.id, '--erase', 'PRECIOUS', '--json'))).toMatchObject({ osoid: image.osoid });
    await until(({ state }) => state === 'provisioned');
    expect(await cycle).toEqual({ boots: 2, endedBy: 'local-disk' });
    const detail = await lab.rackside('machine', unmatched.id);
    expect(detail).toMatchObject({ code: 0, stdout: expect.stringContaining('PRECIOUS') });

    // Ctrl-C ends the station in order, and whoever followed it.
    expect(await served.program.stop('SIGINT')).toMatchObject({ code: 0 });
    const followed = await follow;
    expect(followed.stdout).toContain('"kind":"job.finished"');
    // Not for ever: a station that has ended says nothing more.
    expect(followed).toMatchObject({ code: 1, stderr: expect.stringContaining('(station.gone)') });
    expectFailure(await lab.rackside('machines'), 'station.not-running');
  });
});
