// LLDP off a real wire: the kernel, tcpdump and our parser together, with and without a VLAN tag. The sender is python3's packet
// socket, since Node has none.
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listenLldp } from '../../agent/inventory/lldp.ts';
import type { HardwareSource } from '../../agent/inventory/source.ts';
import { fixtureSource } from '../../agent/inventory/source.ts';
import { buildLldpFrame } from '../rack/lldp-build.ts';
import type { Lab, Namespace } from './netns.ts';
import { canUseNamespaces, createLab } from './netns.ts';

const has = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
};
const missing = ['tcpdump', 'python3'].filter((program) => !has(program));
const SEND = `import socket,sys,time
s=socket.socket(socket.AF_PACKET,socket.SOCK_RAW); s.bind((sys.argv[1],0))
print('ready',flush=True)
while True:
  s.send(bytes.fromhex(sys.argv[2])); time.sleep(0.1)
`;

describe.skipIf(!canUseNamespaces() || missing.length > 0)(
  `LLDP on the wire${missing.length > 0 ? ` (absent: ${missing.join(', ')})` : ''}`,
  () => {
    let lab: Lab;
    let switchSide: Namespace;
    let targetSide: Namespace;
    let source: HardwareSource;

    beforeAll(() => {
      lab = createLab('lldp');
      switchSide = lab.namespace('switch');
      targetSide = lab.namespace('target');
      lab.cable({ namespace: switchSide, name: 'port1' }, { namespace: targetSide, name: 'eno1' });
      lab.cable({ namespace: switchSide, name: 'port2' }, { namespace: targetSide, name: 'eno2' });
      source = {
        ...fixtureSource({ files: {} }),
        run: (command, args, { timeoutMs }) => targetSide.run([command, ...args], { timeoutMs }),
      };
    });
    afterAll(() => lab.dispose());

    const frame = Buffer.from(buildLldpFrame({ systemName: 'tor-1', portId: 'xe-0/0/1', vlan: 12 }));

    test.each([
      ['untagged', frame],
      ['behind a VLAN tag', Buffer.concat([frame.subarray(0, 12), Buffer.from([0x81, 0, 0, 7]), frame.subarray(12)])],
    ])('a neighbour, %s, is heard on the interface it speaks to', async (_name, sent) => {
      const sender = switchSide.start(['python3', '-c', SEND, 'port1', sent.toString('hex')]);
      await sender.line(/ready/);
      const heard = await listenLldp(source, ['eno1', 'eno2'], { waitMs: 4000 });
      await sender.stop();
      expect(heard).toEqual([
        { nic: 'eno1', chassisId: '00:1c:73:00:00:01', systemName: 'tor-1', portId: 'xe-0/0/1', portDescription: null, vlan: 12 },
      ]);
    });

    test('an interface that does not exist is a failure that says so', async () => {
      await expect(listenLldp(source, ['eno9'], { waitMs: 2000 })).rejects.toThrow('eno9');
    });
  },
);
