// A station that serves files and machines that fetch them, on one switch.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLab } from './netns.ts';
import type { Namespace } from './netns.ts';
import type { Program } from './program.ts';

export const stationAddress = '10.8.0.1';
export const httpPort = 8080;

export interface FilesLab {
  /** What the station serves; write files here before `start`. */
  readonly served: string;
  /** Where machines put what they fetched. */
  readonly fetched: string;
  readonly station: Namespace;
  start(): Promise<Program>;
  /** A machine on the switch; its address is 10.8.0.N, or `address` in CIDR form. */
  machine(number: number, address?: string): Namespace;
  /** Loses this share (0..1) of the UDP packets that this machine and the station should hear. */
  lose(machine: Namespace, share: number): Promise<void>;
  dispose(): Promise<void>;
}

export const createFilesLab = (prefix: string): FilesLab => {
  const lab = createLab(prefix);
  const served = mkdtempSync(join(tmpdir(), 'rackside-served-'));
  const fetched = mkdtempSync(join(tmpdir(), 'rackside-fetched-'));
  const station = lab.namespace('station');
  const wire = lab.namespace('switch');
  lab.bridge(wire, 'br0');
  lab.cable({ namespace: station, name: 'eth0', address: `${stationAddress}/24` }, { namespace: wire, name: 'station', bridge: 'br0' });
  return {
    served,
    fetched,
    station,
    start: async () => {
      const program = station.node('test/wire/files-station.ts', ['eth0', stationAddress, String(httpPort), served]);
      await program.line(/"kind":"ready"/);
      return program;
    },
    machine: (number, address = `10.8.0.${number + 10}/24`) => {
      const machine = lab.namespace(`m${number}`);
      lab.cable({ namespace: machine, name: 'eth0', address }, { namespace: wire, name: `m${number}`, bridge: 'br0' });
      return machine;
    },
    lose: async (machine, share) => {
      // At both receivers: dropping what a program sends would tell it so (EPERM), which no cable does.
      for (const receiver of [machine, station]) {
        const result = await receiver.run([
          'iptables',
          '-A',
          'INPUT',
          '-p',
          'udp',
          '-m',
          'statistic',
          '--mode',
          'random',
          '--probability',
          String(share),
          '-j',
          'DROP',
        ]);
        if (result.code !== 0) throw new Error(result.stderr);
      }
    },
    dispose: async () => {
      await lab.dispose();
      rmSync(served, { recursive: true });
      rmSync(fetched, { recursive: true });
    },
  };
};
