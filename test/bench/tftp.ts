// TFTP beside dnsmasq on one switch: curl fetches the same 100 MB file from both with blocks of 1428 bytes, one at a time (RFC 1350
// lock-step), so that the figure is the server's time for one block and not a window's size.
import { randomFillSync } from 'node:crypto';
import { mkdirSync, openSync, closeSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { canUseNamespaces, createLab } from '../wire/netns.ts';
import type { Namespace } from '../wire/netns.ts';
import { interleave, speedLine } from './figure.ts';
import type { Suite } from './figure.ts';
import { lackOf, nodeCommand, steady } from './host.ts';

const FILE_BYTES = 100_000_000;
const OURS = '10.8.0.1';
const DNSMASQ = '10.8.0.2';
const LIMIT = 0.55;

export const tftpSuite: Suite = {
  figures: ['tftp-throughput'],
  whyNot: () => (canUseNamespaces() ? lackOf(['dnsmasq', 'curl', 'ip']) : 'network namespaces need Linux and root'),
  run: async (context) => {
    const served = join(context.folder, 'tftp');
    mkdirSync(served);
    const sizeBytes = Math.round(FILE_BYTES * context.scale);
    writeNoise(join(served, 'file'), sizeBytes);
    const lab = createLab('bench-tftp');
    try {
      const [wire, station, other, machine] = [
        lab.namespace('switch'),
        lab.namespace('ours'),
        lab.namespace('dnsmasq'),
        lab.namespace('machine'),
      ];
      lab.bridge(wire, 'br0');
      const plug = (namespace: Namespace, name: string, address: string): void =>
        lab.cable({ namespace, name: 'eth0', address: `${address}/24` }, { namespace: wire, name, bridge: 'br0' });
      plug(station, 'ours', OURS);
      plug(other, 'dnsmasq', DNSMASQ);
      plug(machine, 'machine', '10.8.0.11');
      const program = station.start(steady(nodeCommand('test/wire/files-station.ts', ['eth0', OURS, '8080', served])));
      await program.line(/"kind":"ready"/);
      const dnsmasq = other.start(
        steady(['dnsmasq', '-C', '/dev/null', '--no-daemon', '--port=0', '--user=root', '--enable-tftp', `--tftp-root=${served}`]),
      );
      await dnsmasq.line(/TFTP root is/);
      const fetchFrom = (address: string) => async (): Promise<number> => {
        const result = await machine.run(
          steady([
            'curl',
            '-sS',
            '--tftp-blksize',
            '1428',
            '-o',
            '/dev/null',
            '-w',
            '%{size_download} %{time_total}',
            `tftp://${address}/file`,
          ]),
          { timeoutMs: 600_000 },
        );
        const [bytes, seconds] = result.stdout.split(' ').map(Number);
        if (result.code !== 0 || bytes !== sizeBytes || seconds === undefined) throw new Error(`curl from ${address}: ${result.stderr}`);
        return bytes / seconds / 1e6;
      };
      const pairs = await interleave(
        context,
        'TFTP',
        { ours: fetchFrom(OURS), reference: fetchFrom(DNSMASQ) },
        (speed) => `${speed.toFixed(1)} MB/s`,
      );
      return [speedLine('tftp-throughput', 'MB/s', pairs, LIMIT)];
    } finally {
      await lab.dispose();
    }
  },
};

const writeNoise = (path: string, sizeBytes: number): void => {
  const file = openSync(path, 'w');
  const noise = Buffer.alloc(1_000_000);
  for (let at = 0; at < sizeBytes; at += noise.length) writeSync(file, randomFillSync(noise), 0, Math.min(noise.length, sizeBytes - at));
  closeSync(file);
};
