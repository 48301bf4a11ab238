// Why does this machine not boot? The wire's own events in, what a technician reads out.
import { beforeEach, describe, expect, test } from 'vitest';
import { decideBoot } from '../../main/boot/decide.ts';
import { silence } from '../../main/dhcp/silence.ts';
import type { Silence } from '../../main/dhcp/silence.ts';
import { createWireLog } from '../../main/wire-log/wire-log.ts';
import { wireTrailHeadSchema, wireTrailSchema } from '../../preload/contract/wire-views.ts';
import type { BootClient } from '../../main/dhcp/boot-client.ts';
import type { DhcpEvent } from '../../main/dhcp/events.ts';
import type { HttpEvent } from '../../main/http/server.ts';
import type { TftpEvent } from '../../main/tftp/events.ts';
import type { WireLog } from '../../main/wire-log/wire-log.ts';
import type { WireSituation } from '../../main/wire-log/judge.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import type { WireTrail } from '../../preload/contract/wire-views.ts';

const MAC = '52:54:00:00:00:01';
const INSTALLING = '52:54:00:77:09:09';
const OTHER = '52:54:00:00:00:02';
const ADDRESS = '10.77.0.64';
const MINUTE_MS = 60_000;

let clock: number;
let situation: WireSituation;
let log: WireLog;
let hello: (mac: string) => void;
beforeEach(() => {
  clock = 1_000_000;
  situation = { listens: true, mode: 'server', problem: null };
  log = createWireLog({
    now: () => clock,
    machines: () => [{ id: 'm1', macs: [MAC] } as unknown as MachineView],
    situation: () => situation,
  });
  const calls = log.alsoHello({ onHello: (_session: { readonly bootMac: string }) => undefined });
  hello = (mac) => calls.onHello({ bootMac: mac });
});

const client = (change: Partial<BootClient> = {}): BootClient => ({
  mac: MAC,
  architecture: 7,
  firmware: 'uefi',
  vendorClass: 'PXEClient',
  userClass: null,
  uuid: null,
  address: null,
  ...change,
});
const heard = (change: Partial<BootClient> = {}, silence: Silence | null = null): DhcpEvent => ({
  kind: 'heard',
  message: 'discover',
  client: client(change),
  hostname: null,
  relay: { address: null, information: null },
  answered: silence === null,
  silence,
});
const tftp = (path: string, change: Partial<Record<string, unknown>> = {}): TftpEvent =>
  ({
    kind: 'finished',
    client: { address: ADDRESS, port: 1 },
    path,
    sizeBytes: 1_000_000,
    bytes: 1_000_000,
    durationMs: 900,
    ...change,
  }) as unknown as TftpEvent;
const http = (path: string): HttpEvent => ({
  kind: 'answered',
  client: { address: ADDRESS, port: 1 },
  method: 'GET',
  path,
  status: 200,
  bytes: 8_000_000,
  durationMs: 900,
  complete: true,
  userAgent: null,
});

/** A whole boot, one entry a step; a second passes before each. */
const BOOT: readonly (() => void)[] = [
  () => log.onDhcp(heard()),
  () => log.onDhcp({ kind: 'offered', client: client(), address: ADDRESS, expiresAtMs: 0 }),
  () => log.onDhcp({ kind: 'bound', client: client(), address: ADDRESS, expiresAtMs: 0 }),
  () => log.onDhcp({ kind: 'boot-answered', client: client(), bootFile: 'efi/shimx64.efi' }),
  () => log.onTftp(tftp('efi/shimx64.efi')),
  () => log.onTftp(tftp(`grub/m-${MAC}.cfg`)),
  () => log.onHandOut({ kind: 'handed-out', mac: MAC, what: 'agent', via: 'grub' }),
  () => log.onHttp(http('/boot/vmlinuz')),
  () => log.onHttp(http('/boot/stage1.img')),
  () => log.onDhcp(heard({ firmware: 'agent', vendorClass: 'rackside-agent' })),
  () => log.onHttp(http('/boot/stage2.squashfs')),
  () => hello(MAC),
];
const boot = (steps: number): WireTrail => {
  for (const step of BOOT.slice(0, steps)) {
    clock += 1000;
    step();
  }
  return log.latest([MAC]);
};

test('a whole boot, step by step, in words and seconds; the answers are what the contract says', () => {
  const trail = boot(BOOT.length);
  expect(trail.steps.map(({ stage }) => stage)).toEqual([
    'asked',
    'offered',
    'bound',
    'told',
    'loader',
    'script',
    'handed',
    'kernel',
    'stage1',
    'system',
    'stage2',
    'hello',
  ]);
  expect(trail.steps[7]).toMatchObject({ text: 'vmlinuz by HTTP: 8.0 MB in 0.9 s', ok: true, why: null, count: 1 });
  expect(trail.verdict).toMatchObject({ kind: 'arrived', message: 'It booted our system: the agent said hello after 11 s.', next: '' });
  expect(trail.machineId).toBe('m1');
  expect(wireTrailSchema.parse(trail)).toEqual(trail);
  expect(log.list().map((head) => wireTrailHeadSchema.parse(head).mac)).toEqual([MAC]);
});

test.each([
  [1, 'wire.no-offer'],
  [2, 'wire.offer-not-taken'],
  [3, 'wire.file-not-asked'],
  [4, 'wire.file-not-asked'],
  [5, 'wire.loader-silent'],
  [6, 'wire.kernel-not-read'],
  [7, 'wire.kernel-not-read'],
  [8, 'wire.stage1-not-read'],
  [9, 'wire.system-silent'],
  [10, 'wire.stage2-not-read'],
  [11, 'wire.no-hello'],
])('after %i steps it goes on for a while, then it has stopped there: %s', (steps, code) => {
  const { verdict } = boot(steps);
  expect(verdict).toMatchObject({ kind: 'going', next: '' });
  clock += 5 * MINUTE_MS;
  const stopped = log.latest([MAC]).verdict;
  expect(stopped).toMatchObject({ kind: 'stopped', code, stage: verdict.stage });
  expect(stopped.next).not.toBe('');
});

test('iPXE that firmware loaded begins no new boot by asking; iPXE in the ROM of a card, whose last boot went further, does', () => {
  const stages = () => log.latest([MAC]).steps.map(({ stage }) => stage);
  boot(5);
  log.onDhcp(heard({ firmware: 'ipxe' }));
  expect(stages()).toEqual(['asked', 'offered', 'bound', 'told', 'loader', 'loader']);
  log.onHandOut({ kind: 'handed-out', mac: MAC, what: 'agent', via: 'ipxe' });
  clock += MINUTE_MS;
  log.onDhcp(heard({ firmware: 'ipxe' }));
  expect(stages()).toEqual(['asked']);
});

describe('beside another DHCP server', () => {
  beforeEach(() => {
    situation = { ...situation, mode: 'proxy' };
    log.onDhcp(heard());
    log.onDhcp({ kind: 'boot-answered', client: client(), bootFile: 'efi/shimx64.efi' });
  });
  const takes = (): void => {
    const silenced = heard({}, silence('leasing-server', 'the REQUEST is for the leasing server'));
    log.onDhcp({ ...silenced, message: 'request' } as DhcpEvent);
    log.onDhcp({ kind: 'leased-elsewhere', client: client(), address: ADDRESS, serverId: '10.77.0.2' });
  };
  const stopped = (): WireTrail => {
    clock += 5 * MINUTE_MS;
    return log.latest([MAC]);
  };
  test('that gives no address: it is the one to look at, not a firewall', () =>
    expect(stopped().verdict).toMatchObject({ kind: 'stopped', code: 'wire.no-lease' }));
  test('its lease is a step, and nothing stopped; the files that follow are told to be its own', () => {
    takes();
    log.onTftp(tftp('efi/shimx64.efi'));
    const { steps, verdict } = log.latest([MAC]);
    expect(steps.map(({ stage, ok }) => [stage, ok])).toEqual(['asked', 'told', 'bound', 'loader'].map((stage) => [stage, true]));
    expect(steps[2]?.text).toBe(`asks 10.77.0.2 for ${ADDRESS}`);
    expect(verdict.kind).toBe('going');
  });
  test('with an address, and no file asked for', () => {
    takes();
    expect(stopped().verdict.code).toBe('wire.file-not-asked');
  });
});

describe('what was not answered', () => {
  const asked = (silence: Silence): WireTrail['verdict'] => {
    log.onDhcp(heard({}, silence));
    return log.latest([MAC]).verdict;
  };
  const silenceOf = (change: Partial<BootClient>, kitPresent: boolean, listening = true): Silence => {
    const station = { address: '10.77.0.1', httpPort: 80 };
    const answer = decideBoot(client(change), { listening, kitPresent, localBoot: null, station }, () => '');
    if (answer.kind !== 'none') throw new Error('it is answered');
    return answer.silence;
  };
  test('not listening', () => {
    situation = { ...situation, listens: false };
    expect(asked(silenceOf({}, true, false))).toMatchObject({ kind: 'stopped', code: 'wire.not-listening' });
  });
  test('no boot kit; a processor or a firmware that the kit has no loader for: as decide.ts has it', () => {
    expect(asked(silenceOf({}, false)).code).toBe('wire.no-kit');
    expect(asked(silenceOf({ architecture: 6 }, true)).code).toBe('wire.architecture');
    // No setting of its firmware would help an ARM machine.
    expect(asked(silenceOf({ architecture: 11 }, true)).next).toContain('a machine with another processor cannot');
    expect(asked(silenceOf({ firmware: 'u-boot', architecture: 9 }, true)).code).toBe('wire.architecture');
  });
  test('services that do not run come first', () => {
    situation = { ...situation, problem: { message: 'Port 67 is taken.', next: 'Stop dnsmasq.' } };
    expect(asked(silenceOf({}, true, false))).toMatchObject({ code: 'wire.services-down', next: 'Stop dnsmasq.' });
  });
  test('another DHCP server was chosen; the pool is full', () => {
    expect(asked(silence('other-server', 'chose another server')).code).toBe('wire.chose-another-server');
    log.onDhcp({ kind: 'pool-exhausted', client: client({ mac: OTHER }) });
    expect(log.latest([OTHER]).verdict.code).toBe('wire.pool-full');
  });
  test('a relay of another network: restarting the machine would change nothing', () => {
    const verdict = asked(silence('other-network', 'relayed from another network by 10.88.0.1'));
    expect(verdict).toMatchObject({ kind: 'stopped', code: 'wire.other-network' });
    expect(verdict.message).toContain('10.88.0.1');
    expect(verdict.next).not.toMatch(/restart the machine/i);
  });
  test('is forgotten once it is answered', () => {
    asked(silenceOf({}, true, false));
    expect(boot(4).verdict.kind).toBe('going');
  });
});

test('a transfer that broke off, and a file that was refused, are named', () => {
  boot(4);
  log.onTftp(tftp('efi/shimx64.efi', { kind: 'timed-out', allSent: false, bytes: 300_000 }));
  expect(log.latest([MAC]).verdict).toMatchObject({ kind: 'stopped', code: 'wire.transfer-broke', stage: 'told' });
  expect(log.latest([MAC]).verdict.message).toContain('efi/shimx64.efi by TFTP, broke off after 0.3 MB');
  clock += 1000;
  log.onTftp(tftp('efi/shimx64.efi'));
  expect(log.latest([MAC]).verdict.kind).toBe('going');
  for (const name of ['revocations', 'revocations_sku', 'revocations_sbat', 'shim_certificate_0'])
    log.onTftp(tftp(`efi/${name}.efi`, { kind: 'refused', reason: 'not-found', message: 'what shim may look for in vain' }));
  expect(
    log
      .latest([MAC])
      .steps.map(({ text }) => text)
      .join(),
  ).not.toMatch(/revocations|shim_certificate/);
  log.onTftp(tftp('efi/missing.efi', { kind: 'refused', reason: 'not-found', message: 'there is no such file' }));
  expect(log.latest([MAC]).verdict.code).toBe('wire.file-refused');
});

test('its own disk is an end too; one that was sent there for want of listening has to be told so', () => {
  boot(6);
  log.onHandOut({ kind: 'handed-out', mac: MAC, what: 'local', via: 'grub' });
  expect(log.latest([MAC]).verdict.kind).toBe('own-disk');
  log.onDhcp(heard({ firmware: 'other', vendorClass: 'MSFT 5.0' }));
  expect(log.latest([MAC]).verdict.message).toMatch(/operating system of its own/);
  log.onHandOut({ kind: 'handed-out', mac: INSTALLING, what: 'installer', via: 'grub' });
  expect(log.latest([INSTALLING]).verdict).toMatchObject({ kind: 'arrived', code: 'wire.installer' });
  log.onHandOut({ kind: 'handed-out', mac: OTHER, what: 'not-listening', via: 'grub' });
  expect(log.latest([OTHER]).verdict).toMatchObject({ kind: 'stopped', code: 'wire.not-listening' });
});

test('never heard is an answer; the operating systems of strangers are no boots', () => {
  expect(log.latest([OTHER])).toMatchObject({ mac: OTHER, steps: [], verdict: { kind: 'never', code: 'wire.never-heard', stage: null } });
  expect(log.latest([OTHER]).verdict.next).toContain('over IPv4');
  log.onDhcp(heard({ mac: OTHER, firmware: 'other' }));
  log.onDhcp({ kind: 'bound', client: client({ mac: OTHER, firmware: 'other' }), address: '10.77.0.9', expiresAtMs: 0 });
  expect(log.list()).toEqual([]);
});

test('repeated asking is counted; firmware that starts over begins a new trail; of several MACs the latest counts', () => {
  for (let round = 0; round < 5; round += 1) {
    clock += 4000;
    log.onDhcp(heard());
  }
  expect(log.latest([MAC]).steps).toMatchObject([{ stage: 'asked', count: 5, lastAtMs: clock, firstAtMs: clock - 16_000 }]);
  boot(9);
  clock += 1000;
  log.onDhcp(heard());
  expect(log.latest([MAC]).steps).toHaveLength(1);
  clock += 1000;
  log.onDhcp(heard({ mac: OTHER }));
  expect(log.latest([MAC, OTHER]).mac).toBe(OTHER);
  expect(log.list().map(({ mac }) => mac)).toEqual([OTHER, MAC]);
});

test('a client that makes up names fills no memory and steers no terminal', () => {
  boot(4);
  for (let index = 0; index < 500; index += 1)
    log.onTftp(tftp(`\u001b[2J${index}.efi`, { kind: 'refused', reason: 'not-found', message: 'there is no such file' }));
  log.onTftp(tftp('\u001b[2J.efi', { kind: 'refused', reason: 'not-found', message: 'there is no such file' }));
  const { steps } = log.latest([MAC]);
  expect(steps.length).toBeLessThanOrEqual(60);
  expect(steps.at(-1)?.text).toBe('?[2J.efi');
  for (const { text } of steps) expect(text.length).toBeLessThanOrEqual(120);
  for (let index = 0; index < 2500; index += 1)
    log.onDhcp(heard({ mac: `02:00:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}` }));
  expect(log.list()).toHaveLength(2000);
});
