// Tries to open each port that serving needs, exactly as serving would, and closes it again.
import { createServer } from 'node:net';
import type { Failure } from '../../agent/protocol/failure.ts';
import { listen } from '../http/listen.ts';
import { openLoopbackUdp } from '../network/datagrams.ts';
import { openDeviceUdp } from '../network/device-udp.ts';
import type { Nic } from '../network/nics.ts';
import type { PortTrial } from './judge-serving.ts';

export interface PortPlace {
  /** Null: loopback, for the software rack. */
  readonly nic: Nic | null;
  readonly address: string;
  readonly httpPort: number;
  /** This process serves already; what it holds is no obstacle. */
  readonly serving: boolean;
}

export const udpPorts = [
  { port: 67, purpose: 'DHCP' },
  { port: 69, purpose: 'TFTP' },
  { port: 4011, purpose: 'PXE' },
] as const;

export const tryPorts = async (place: PortPlace): Promise<readonly PortTrial[]> => {
  const wanted = [
    ...(place.nic ? udpPorts.map((one) => ({ protocol: 'udp' as const, ...one })) : []),
    { protocol: 'tcp' as const, port: place.httpPort, purpose: 'HTTP' },
  ];
  if (place.serving) return wanted.map((one) => ({ ...one, outcome: 'ours', message: '' }));
  return Promise.all(
    wanted.map(async (one) => ({
      ...one,
      ...(one.protocol === 'udp' ? await tryUdp(place, one.port) : await tryTcp(place.address, one.port)),
    })),
  );
};

type Outcome = Pick<PortTrial, 'outcome' | 'message' | 'next'>;
const free: Outcome = { outcome: 'free', message: '' };

const tryUdp = async ({ nic, address }: PortPlace, port: number): Promise<Outcome> => {
  const opened = nic ? await openDeviceUdp({ nic, address, port }) : await openLoopbackUdp({ address, port });
  if (!opened.ok) return outcomeOf(opened.failure);
  await opened.value.close();
  return free;
};

const tryTcp = async (address: string, port: number): Promise<Outcome> => {
  const server = createServer();
  const opened = await listen(server, address, port);
  if (!opened.ok) return outcomeOf(opened.failure);
  await new Promise((resolve) => server.close(resolve));
  return free;
};

const outcomeOf = ({ code, message, next }: Failure): Outcome => {
  if (code.endsWith('.port-taken')) return { outcome: 'taken', message, next };
  return { outcome: code.endsWith('.port-denied') || code.endsWith('.port-not-allowed') ? 'denied' : 'error', message };
};
