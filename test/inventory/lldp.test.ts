// LLDP frames: parsed from what switches send and tcpdump prints; any bytes are survived; silence is no error.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { frameFromTcpdump, listenLldp, parseLldpFrame } from '../../agent/inventory/lldp.ts';
import { fixtureSource } from '../../agent/inventory/source.ts';
import { buildLldpFrame, tcpdumpText, tlv } from '../rack/lldp-build.ts';

const ethernet = (...tlvs: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([Buffer.from('0180c200000e001c7300000188cc', 'hex'), ...tlvs, Buffer.from([0, 0])]);

const FULL = { systemName: 'rack-a-tor', portId: 'Ethernet12', portDescription: 'to node 12', vlan: 77, chassisMac: '00:1c:73:aa:bb:cc' };
const FULL_PARSED = {
  chassisId: '00:1c:73:aa:bb:cc',
  systemName: 'rack-a-tor',
  portId: 'Ethernet12',
  portDescription: 'to node 12',
  vlan: 77,
};

describe('frame', () => {
  test('gives switch, port and VLAN', () => {
    expect(parseLldpFrame(buildLldpFrame(FULL))).toEqual(FULL_PARSED);
  });

  test('is found behind a VLAN tag', () => {
    const frame = buildLldpFrame(FULL);
    const tagged = Buffer.concat([frame.subarray(0, 12), Buffer.from([0x81, 0, 0, 5]), frame.subarray(12)]);
    expect(parseLldpFrame(tagged)).toEqual(FULL_PARSED);
  });

  test.each([
    ['port id that is a MAC', tlv(2, Buffer.from('03001122334455', 'hex')), '00:11:22:33:44:55'],
    ['port id that is an IPv4 address', tlv(2, Buffer.from([4, 1, 10, 0, 0, 7])), '10.0.0.7'],
    ['port id that is a local number', tlv(2, Buffer.from('\x0749')), '49'],
    ['port id with escape codes', tlv(2, Buffer.from('\x05\x1b[31mgi1')), '[31mgi1'],
    ['the first of two port ids', Buffer.concat([tlv(2, Buffer.from('\x05a')), tlv(2, Buffer.from('\x05b'))]), 'a'],
  ])('%s', (_name, value, portId) => {
    expect(parseLldpFrame(ethernet(value))?.portId).toBe(portId);
  });

  test('keeps what came before a TLV that runs past its end', () => {
    const cut = Buffer.concat([ethernet(tlv(2, Buffer.from('\x05gi1'))).subarray(0, -2), Buffer.from([0x0b, 0xff, 0x41])]);
    expect(parseLldpFrame(cut)).toMatchObject({ portId: 'gi1', systemName: null });
  });

  test.each([
    ['another EtherType', Buffer.from('0180c200000e001c73000001080045', 'hex')],
    ['nothing that names the port', ethernet(tlv(5, Buffer.from('name')))],
    ['no bytes', new Uint8Array()],
  ])('%s is none', (_name, frame) => {
    expect(parseLldpFrame(frame)).toBeNull();
  });

  test('VLAN 0 and 4095 are no VLAN; other organisations say nothing of it', () => {
    const port = tlv(2, Buffer.from('\x05x'));
    for (const value of ['0080c2010000', '0080c2010fff', '00120f01004d', '0080c202004d']) {
      expect(parseLldpFrame(ethernet(port, tlv(127, Buffer.from(value, 'hex'))))?.vlan).toBeNull();
    }
  });

  test('any bytes give a frame or nothing, never an error', () => {
    const header = Buffer.from('0180c200000e001c7300000188cc', 'hex');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        parseLldpFrame(bytes);
        const found = parseLldpFrame(Buffer.concat([header, bytes]));
        expect(found === null || found.chassisId !== null || found.portId !== null).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });
});

test('tcpdump text gives the very frame', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 600 }), (frame) => {
      expect([...frameFromTcpdump(tcpdumpText(frame))]).toEqual([...frame]);
    }),
    { numRuns: 300 },
  );
});

describe('listening', () => {
  test('waits on all interfaces at once and reports those that heard something', async () => {
    const asked: string[] = [];
    const source = fixtureSource({
      files: {},
      commands: (_command, args) => {
        const nic = args[1] ?? '';
        asked.push(nic);
        return nic === 'eno2' ? { code: 0, stdout: tcpdumpText(buildLldpFrame(FULL)), stderr: '' } : { code: null, stdout: '', stderr: '' };
      },
    });
    expect(await listenLldp(source, ['eno1', 'eno2', 'eno3'], { waitMs: 50 })).toEqual([{ nic: 'eno2', ...FULL_PARSED }]);
    expect(asked).toEqual(['eno1', 'eno2', 'eno3']);
  });

  test('hearing nothing is no error, not being able to listen is one', async () => {
    const silent = fixtureSource({ files: {}, commands: () => ({ code: null, stdout: '', stderr: '' }) });
    expect(await listenLldp(silent, ['eno1'], { waitMs: 50 })).toEqual([]);
    const refused = fixtureSource({ files: {}, commands: () => ({ code: 1, stdout: '', stderr: 'tcpdump: eno1: No permission\n' }) });
    await expect(listenLldp(refused, ['eno1'], { waitMs: 50 })).rejects.toThrow('No permission');
    await expect(listenLldp(fixtureSource({ files: {} }), ['eno1'], { waitMs: 50 })).rejects.toThrow('no such program');
  });
});
