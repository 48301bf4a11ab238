// Datagrams on loopback, the fallback without native calls, the names of port holders, and what a probe reads from an offer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { encode } from '../../main/dhcp/codec.ts';
import { OPTION, textBytes } from '../../main/dhcp/options.ts';
import { openLoopbackUdp, type Datagrams, type Endpoint } from '../../main/network/datagrams.ts';
import { openDeviceUdp } from '../../main/network/device-udp.ts';
import { probeForeignDhcp, randomLocalMac, serverIn } from '../../main/network/foreign-probe.ts';
import { udpPortHolders } from '../../main/network/port-holder.ts';
import { socketFailure } from '../../main/network/socket-failures.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { chosen, clientPacket } from '../dhcp/packets.ts';

const linux = process.platform === 'linux';
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});
const use = (opened: Result<Datagrams>): Datagrams => {
  if (!opened.ok) throw new Error(opened.failure.message);
  closers.push(opened.value.close);
  return opened.value;
};
const next = (socket: Datagrams): Promise<{ readonly text: string; readonly from: Endpoint }> =>
  new Promise((resolve) => socket.onMessage((bytes, from) => resolve({ text: Buffer.from(bytes).toString(), from })));

describe('datagrams', () => {
  test('there and back', async () => {
    const [a, b] = [use(await openLoopbackUdp({ port: 0 })), use(await openLoopbackUdp({ port: 0 }))];
    const heard = next(b);
    await a.send(Buffer.from('hello'), b.address);
    expect(await heard).toEqual({ text: 'hello', from: a.address });
  });

  test('a datagram that cannot be sent is reported, not thrown; sending on a closed socket is nothing', async () => {
    const socket = use(await openLoopbackUdp({ port: 0 }));
    const errors: Error[] = [];
    socket.onError((error) => void errors.push(error));
    // Without SO_BROADCAST the kernel refuses this one.
    await socket.send(Buffer.from('x'), { address: '255.255.255.255', port: 9 });
    expect(errors).toHaveLength(1);
    await socket.close();
    await socket.close();
    await socket.send(Buffer.from('x'), { address: '127.0.0.1', port: 9 });
    expect(errors).toHaveLength(1);
  });

  test('without native calls: a pair of sockets on one port, both heard, sent from the address', async () => {
    const socket = use(await openDeviceUdp({ nic: { name: 'lo', index: 1 }, address: '127.0.0.1', port: 0, native: null }));
    expect(socket.binding).toBe('address');
    const other = use(await openLoopbackUdp({ port: 0 }));
    const heard = next(socket);
    await other.send(Buffer.from('to the address'), socket.address);
    expect((await heard).text).toBe('to the address');
    const answer = next(other);
    await socket.send(Buffer.from('back'), other.address);
    expect((await answer).from).toEqual(socket.address);
  });

  test.runIf(linux)('device-bound, without broadcasts: one socket, and a taken port is refused', async () => {
    const place = { nic: { name: 'lo', index: 1 }, address: '127.0.0.1', broadcasts: false };
    const socket = use(await openDeviceUdp({ ...place, port: 0 }));
    expect(socket.binding).toBe('device');
    expect(await openDeviceUdp({ ...place, port: socket.address.port })).toMatchObject({
      ok: false,
      failure: { code: 'network.port-taken' },
    });
    expect(await openDeviceUdp({ ...place, nic: { name: 'none0', index: null }, port: 0 })).toMatchObject({
      failure: { code: 'network.nic-gone' },
    });
    expect(await openDeviceUdp({ ...place, address: '203.0.113.9', port: 0 })).toMatchObject({
      failure: { code: 'network.address-missing' },
    });
  });
});

describe('who holds a port', () => {
  const BINDS = "const s=require('dgram').createSocket('udp4');s.bind(0,'127.0.0.1',()=>console.log(s.address().port))";
  /** A program that holds a port. */
  const holding = async (args: readonly string[], cwd?: string): Promise<{ readonly pid: number | undefined; readonly port: number }> => {
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    closers.push(async () => {
      child.kill();
      await once(child, 'close');
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return { pid: child.pid, port: Number(line.toString()) };
  };

  test.runIf(linux)('another program, by name and process', async () => {
    const { pid, port } = await holding(['-e', BINDS]);
    const holders = udpPortHolders(port);
    // The kernel's own name for it says MainThread.
    expect(holders).toEqual([{ pid, name: 'node' }]);
    expect(await openLoopbackUdp({ port })).toMatchObject({
      failure: { code: 'network.port-taken', message: expect.stringContaining(`node (process ${pid})`) },
    });
  });
  test.runIf(linux).each([
    ['a station', 'checkout', 'rackside', 'Rackside'],
    ['what lies in a folder of our name', 'rackside', 'another', 'node'],
  ])('%s', async (_what, folderName, packageName, name) => {
    const folder = await mkdtemp(join(tmpdir(), 'rackside-holder-test-'));
    closers.push(() => rm(folder, { recursive: true }));
    const checkout = join(folder, folderName);
    await mkdir(join(checkout, 'scripts'), { recursive: true });
    await writeFile(join(checkout, 'package.json'), JSON.stringify({ name: packageName }, null, 2));
    await writeFile(join(checkout, 'scripts', 'serve.cjs'), BINDS);
    const { pid, port } = await holding(['--no-warnings', join('scripts', 'serve.cjs'), '--nic', 'eth0'], checkout);
    expect(udpPortHolders(port)).toEqual([{ pid, name }]);
  });
  test('nobody, on a port nobody uses', () => {
    expect(udpPortHolders(1)).toEqual([]);
  });
  test.each([
    ['EACCES', 'network.port-denied'],
    ['EPERM', 'network.port-denied'],
    ['ENODEV', 'network.nic-gone'],
    ['EADDRNOTAVAIL', 'network.address-missing'],
    ['EADDRINUSE', 'network.port-taken'],
    ['EMFILE', 'network.socket'],
  ])('%s is %s', (errno, code) => {
    expect(socketFailure(errno, { address: '10.9.0.1', port: 1, nicName: 'eth0' }).code).toBe(code);
  });
});

describe('the probe', () => {
  const offer = clientPacket('offer', { op: 2, transactionId: 7, yourAddress: '192.168.7.50', options: new Map([chosen('192.168.7.1')]) });
  test.each([
    [
      'an offer',
      offer,
      { serverId: '192.168.7.1', sentFrom: '192.168.7.3', offeredAddress: '192.168.7.50', bootFile: null, rackside: false },
    ],
    [
      'one without a server id, of a proxy',
      { ...offer, yourAddress: '0.0.0.0', bootFile: 'x.efi', options: clientPacket('offer').options },
      { serverId: '192.168.7.3', offeredAddress: null, bootFile: 'x.efi' },
    ],
    [
      'another station',
      { ...offer, options: new Map([...offer.options, [OPTION.vendorClass, textBytes('rackside-probe')] as const]) },
      { rackside: true },
    ],
  ])('reads %s', (_name, packet, expected) => {
    expect(serverIn(packet, 7, '192.168.7.3')).toMatchObject(expected);
  });
  test.each([
    ['another’s transaction', { ...offer, transactionId: 8 }],
    ['a client packet', { ...offer, op: 1 as const }],
    ['an ACK', { ...offer, options: clientPacket('ack').options }],
  ])('takes no notice of %s', (_name, packet) => {
    expect(serverIn(packet, 7, '192.168.7.3')).toBeNull();
  });

  const stand = { nic: { name: 'eth0', index: 2 }, address: '10.9.0.1', ownServerIds: ['10.9.0.1'] };
  test('asks as often as told, with the broadcast flag and one made-up MAC; own offers do not count', async () => {
    const sent: Uint8Array[] = [];
    let deliver: (bytes: Uint8Array, from: Endpoint) => void = () => {};
    const socket: Datagrams = {
      address: { address: '0.0.0.0', port: 68 },
      binding: 'device',
      send: async (bytes) => {
        sent.push(bytes);
        const transactionId = Buffer.from(bytes).readUInt32BE(4);
        for (const server of ['10.9.0.1', '192.168.7.1', '192.168.7.1']) {
          deliver(encode({ ...offer, transactionId, options: new Map([...clientPacket('offer').options, chosen(server)]) }), {
            address: server,
            port: 67,
          });
        }
      },
      onMessage: (listener) => void (deliver = listener),
      onError: () => {},
      close: async () => {},
    };
    const found = await probeForeignDhcp({
      ...stand,
      listenMs: 30,
      sendAtMs: [0, 10],
      mac: '02:00:00:00:00:07',
      open: async () => ({ ok: true, value: socket }),
    });
    expect(found).toMatchObject({ ok: true, value: [{ serverId: '192.168.7.1' }] });
    expect(sent).toHaveLength(2);
    expect([sent[0]?.[10], Buffer.from(sent[0]?.subarray(28, 34) ?? []).toString('hex')]).toEqual([0x80, '020000000007']);
  });
  test('a port that cannot be opened leaves the wire unknown', async () => {
    const failure = socketFailure('EACCES', { address: '10.9.0.1', port: 68, nicName: 'eth0' });
    expect(await probeForeignDhcp({ ...stand, open: async () => ({ ok: false, failure }) })).toEqual({ ok: false, failure });
  });
  test('made-up MACs are locally administered and unicast', () => {
    expect(randomLocalMac()).toMatch(/^02(:[0-9a-f]{2}){5}$/);
  });
});
