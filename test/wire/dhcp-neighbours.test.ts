// Our DHCP beside others': foreign servers on the wire, proxy mode next to dnsmasq, second interfaces, taken ports, no cable.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { agentOptions, ovmfOptions } from '../dhcp/packets.ts';
import type { Answer, Question } from './dhcp-ask.ts';
import { createDhcpLab, dnsmasq, udhcpc, type DhcpLab } from './dhcp-clients.ts';
import type { Namespace } from './netns.ts';

let lab: DhcpLab;
beforeEach(() => void (lab = createDhcpLab()));
afterEach(() => lab.dispose());

const RANGE = '10.9.0.200,10.9.0.210';
const ask = async (
  namespace: Namespace,
  question: Partial<Question> & Pick<Question, 'type'>,
  options: ReadonlyMap<number, Uint8Array>,
): Promise<readonly Answer[]> => {
  const hex = Object.fromEntries(Array.from(options, ([code, data]) => [String(code), Buffer.from(data).toString('hex')]));
  const full: Question = { port: 68, options: hex, to: '255.255.255.255', toPort: 67, listenMs: 1500, ...question };
  const program = namespace.node('test/wire/dhcp-ask.ts', [JSON.stringify(full)]);
  const { stdout, stderr } = await program.ended;
  if (stderr !== '') throw new Error(stderr);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { answer: Answer }).answer);
};

describe('foreign servers', () => {
  test('server mode does not start beside dnsmasq with its 3 s ping check', async () => {
    const foreign = lab.machine('foreign', { address: '10.9.0.2/24' });
    await foreign.start(dnsmasq(RANGE)).line(/DHCP, IP range/);
    const station = lab.startStation({ listenMs: 5000 });
    expect(await station.line(/"failure"/)).toMatch(/"code":"dhcp.foreign-server".*10\.9\.0\.2/);
    expect((await station.ended).code).toBe(1);
  });

  test('a foreign server that appears while we serve stops us', async () => {
    const station = lab.startStation({ probeEveryMs: 500, listenMs: 300 });
    await station.line(/"started"/);
    const foreign = lab.machine('foreign', { address: '10.9.0.2/24' });
    await foreign.start(dnsmasq(RANGE, '--no-ping')).line(/DHCP, IP range/);
    expect(await station.line(/"stopped"/)).toContain('dhcp.foreign-server');
    expect(station.output()).toMatch(/"kind":"foreign-server","serverId":"10\.9\.0\.2","source":"probe"/);
    // And really: nobody answers at our address any more.
    const answers = await ask(lab.machine('m1'), { type: 'discover', listenMs: 500 }, ovmfOptions);
    expect(answers.map((answer) => answer.serverId)).not.toContain('10.9.0.1');
  });

  test('two stations find each other, even while neither answers strangers', async () => {
    await lab.startStation({ everyone: false }).line(/"started"/);
    const second = lab.machine('second', { address: '10.9.0.3/24' });
    const station = second.node('test/wire/dhcp-station.ts', [JSON.stringify({ nic: 'eth0', everyone: false })]);
    expect(await station.line(/"failure"/)).toMatch(/dhcp\.foreign-server.*10\.9\.0\.1/);
  });

  test('on a quiet wire it starts, and its own probes are no machines', async () => {
    const station = lab.startStation({ probeEveryMs: 200, listenMs: 200 });
    await station.line(/"started"/);
    await ask(lab.machine('m1'), { type: 'discover', listenMs: 800 }, ovmfOptions);
    await station.line(/52:54:00:77:01:01/);
    const heard = station.output().match(/"kind":"heard"/g) ?? [];
    expect(heard).toHaveLength(1);
    expect(station.output()).not.toContain('foreign-server');
  });
});

describe('proxy mode beside dnsmasq', () => {
  beforeEach(async () => {
    const foreign = lab.machine('foreign', { address: '10.9.0.2/24' });
    await foreign.start(dnsmasq(RANGE, '--no-ping')).line(/DHCP, IP range/);
    await lab.startStation({ mode: 'proxy' }).line(/"started"/);
  });

  test('firmware hears two offers: an address from dnsmasq, a boot file from us; 4011 answers where asked from', async () => {
    const machine = lab.machine('m1', { mac: '52:54:00:77:01:01' });
    const offers = await ask(machine, { type: 'discover' }, ovmfOptions);
    const byServer = Object.fromEntries(offers.map((offer) => [offer.serverId, offer]));
    expect(byServer['10.9.0.2']).toMatchObject({ type: 'offer', yourAddress: expect.stringMatching(/^10\.9\.0\.2\d\d$/), file: '' });
    expect(byServer['10.9.0.1']).toMatchObject({
      type: 'offer',
      yourAddress: '0.0.0.0',
      file: 'efi/shimx64.efi',
      vendorClass: 'PXEClient',
    });
    machine.ip('addr add 10.9.0.200/24 dev eth0');
    const acks = await ask(
      machine,
      { type: 'request', port: 4011, to: '10.9.0.1', toPort: 4011, clientAddress: '10.9.0.200', listenMs: 500 },
      ovmfOptions,
    );
    expect(acks).toMatchObject([{ type: 'ack', from: '10.9.0.1:4011', yourAddress: '0.0.0.0', file: 'efi/shimx64.efi' }]);
  });

  test('an operating system gets its lease from dnsmasq and nothing from us', async () => {
    const result = await lab.machine('m1').run(udhcpc(lab.folder, '-q', '-n'));
    expect(result.stdout).toMatch(/^udhcpc bound ip=10\.9\.0\.2\d\d .*server=10\.9\.0\.2 /m);
  });

  test('the agent asks by INFORM from its leased address', async () => {
    const machine = lab.machine('m1', { address: '10.9.0.205/24' });
    const answers = await ask(machine, { type: 'inform', clientAddress: '10.9.0.205', listenMs: 500 }, agentOptions);
    expect(answers.filter((answer) => answer.serverId === '10.9.0.1')).toMatchObject([{ type: 'ack', yourAddress: '0.0.0.0' }]);
  });
});

describe('a boot stick beside dnsmasq', () => {
  const WORDS = `rackside.station=http://10.9.0.1:8099 rackside.token=${'t'.repeat(32)} rackside.key=${'k'.repeat(43)}`;
  /** Leases an address as stage 1 does, without any route, then asks with the stick's own program. */
  const askFromStick = async (): Promise<{ readonly lease: string; readonly code: number | null; readonly stdout: string }> => {
    const machine = lab.machine('m1', { mac: '52:54:00:77:01:01' });
    const { stdout: lease } = await machine.run(udhcpc(lab.folder, '-q', '-n', '-V', 'rackside-agent', '-O', '224'));
    const address = /bound ip=(\S+)/.exec(lease)?.[1] ?? '';
    const { code, stdout } = await machine.node('agent/inform/index.ts', ['52:54:00:77:01:01', address]).ended;
    return { lease, code, stdout };
  };
  const startForeign = async (): Promise<void> => {
    const foreign = lab.machine('foreign', { address: '10.9.0.2/24' });
    await foreign.start(dnsmasq(RANGE, '--no-ping')).line(/DHCP, IP range/);
  };

  test('its lease comes from dnsmasq without words; the station says them when asked', async () => {
    await startForeign();
    const station = lab.startStation({ mode: 'proxy', answer: { kind: 'agent', words: WORDS } });
    await station.line(/"started"/);
    const asked = await askFromStick();
    expect(asked.lease).toMatch(/bound ip=10\.9\.0\.2\d\d .*server=10\.9\.0\.2 .*words= /);
    expect(asked).toMatchObject({ code: 0, stdout: `${WORDS}\n` });
  });

  test('without a station it says so', async () => {
    await startForeign();
    expect(await askFromStick()).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('two interfaces', () => {
  /** A second network on the station, as Wi-Fi would be: the default route goes there. */
  const wifi = (): Namespace => {
    const cafe = lab.namespace('cafe');
    lab.cable(
      { namespace: lab.station, name: 'wlan0', address: '192.168.50.2/24' },
      { namespace: cafe, name: 'eth0', address: '192.168.50.1/24' },
    );
    lab.station.ip('route add default via 192.168.50.1');
    return cafe;
  };

  test('whoever asks on the other one is neither answered nor heard; on the right one both', async () => {
    const cafe = wifi();
    const station = lab.startStation();
    await station.line(/"started"/);
    const tcpdump = cafe.start(['tcpdump', '-l', '-n', '-i', 'eth0', 'udp and src host 192.168.50.2 or udp src port 67']);
    await tcpdump.line(/listening on/);
    for (const to of ['255.255.255.255', '192.168.50.2', '10.9.0.1']) {
      cafe.ip('route replace 10.9.0.0/24 via 192.168.50.2');
      expect(await ask(cafe, { type: 'discover', to, listenMs: 500 }, ovmfOptions)).toEqual([]);
    }
    expect(station.output()).not.toContain('"heard"');
    expect(await ask(lab.machine('m1'), { type: 'discover', listenMs: 500 }, ovmfOptions)).toMatchObject([
      { type: 'offer', serverId: '10.9.0.1' },
    ]);
    await station.line(/"heard"/);
    // The witness sees what leaves: this datagram, and nothing before it.
    await lab.station.run(['bash', '-c', 'echo control > /dev/udp/192.168.50.1/9']);
    await tcpdump.line(/192\.168\.50\.1\.9: UDP/);
    const { stdout } = await tcpdump.stop('SIGINT');
    expect(stdout.trim().split('\n')).toHaveLength(1);
  });

  test('a DHCP server of our own laptop on the other interface (libvirt, hotspot) is no obstacle', async () => {
    wifi();
    await lab.station.start(dnsmasq('192.168.50.100,192.168.50.110', '--interface=wlan0', '--bind-interfaces')).line(/DHCP, IP range/);
    expect(await lab.startStation().line(/"(started|failure)"/)).toContain('"port":67');
  });

  test('without a way to bind to a device: refused with the other interface up, accepted without', async () => {
    wifi();
    const script = ['test/wire/network-unbound.ts', ['eth0']] as const;
    expect((await lab.station.node(...script).ended).stdout).toContain('network.unproven');
    lab.station.ip('link set wlan0 down');
    expect((await lab.station.node(...script).ended).stdout.trim()).toBe('{"ok":true,"value":"address"}');
  });
});

describe('what is in the way', () => {
  test('a program on port 67 of this interface is named', async () => {
    const holder = lab.station.start(dnsmasq(RANGE, '--no-ping', '--interface=eth0', '--bind-interfaces'));
    await holder.line(/DHCP, IP range/);
    const failure = await lab.startStation().line(/"failure"/);
    expect(failure).toMatch(new RegExp(`"network.port-taken".*dnsmasq \\(process ${holder.pid}\\) already uses UDP port 67`));
  });

  test('an ordinary user may not; with the one capability it may', async () => {
    const station = [process.execPath, 'test/wire/dhcp-station.ts', JSON.stringify({ nic: 'eth0' })];
    const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    expect(await lab.station.start([...user, ...station]).line(/"(started|failure)"/)).toContain('network.port-denied');
    const capable = [...user, '--inh-caps=+net_bind_service', '--ambient-caps=+net_bind_service'];
    expect(await lab.station.start([...capable, ...station]).line(/"(started|failure)"/)).toContain('"port":67');
    expect(await ask(lab.machine('m1'), { type: 'discover', listenMs: 500 }, ovmfOptions)).toMatchObject([{ serverId: '10.9.0.1' }]);
  });

  test('an interface that is not there', async () => {
    expect(await lab.startStation({ nic: 'eth7' }).line(/"failure"/)).toContain('network.nic-gone');
  });

  test('once stopped, the port is free, and a second server cannot slip in beside a running one', async () => {
    const station = lab.startStation();
    await station.line(/"started"/);
    const rival = await lab.station.run([...dnsmasq(RANGE, '--interface=eth0', '--bind-interfaces')], { timeoutMs: 3000 });
    expect(rival.stderr).toMatch(/in use/);
    expect((await station.stop()).code).toBe(0);
    await lab.startStation().line(/"started"/);
  });
});
