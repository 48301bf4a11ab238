// Opens the DHCP ports: 67 on one NIC (4011 too for a proxy), or high ports on loopback. On a NIC only after the proof that
// nothing else is heard or answered.
import { success, type Result } from '../../agent/protocol/failure.ts';
import { openLoopbackUdp, type Datagrams } from '../network/datagrams.ts';
import { openDeviceUdp } from '../network/device-udp.ts';
import type { Nic } from '../network/nics.ts';
import { safeToServe } from '../network/prove-binding.ts';

export type DhcpEndpoint =
  | { readonly kind: 'nic'; readonly nic: Pick<Nic, 'name' | 'index'>; readonly address: string; readonly prefixLength: number }
  /** The software rack: clients on high ports of 127.0.0.1, answered where they sent from. Ports may be 0. */
  | {
      readonly kind: 'loopback';
      readonly address: string;
      readonly port: number;
      readonly proxyPort?: number;
      readonly prefixLength?: number;
    };

export type DhcpPorts = { readonly main: Datagrams; readonly proxy: Datagrams | null };

export const openPorts = async (endpoint: DhcpEndpoint, mode: 'server' | 'proxy'): Promise<Result<DhcpPorts>> => {
  if (endpoint.kind === 'nic') {
    const safe = await safeToServe(endpoint);
    if (!safe.ok) return safe;
  }
  const open = (port: number, loopbackPort: number): Promise<Result<Datagrams>> =>
    endpoint.kind === 'nic' ? openDeviceUdp({ ...endpoint, port }) : openLoopbackUdp({ address: endpoint.address, port: loopbackPort });
  const main = await open(67, endpoint.kind === 'loopback' ? endpoint.port : 0);
  if (!main.ok) return main;
  if (mode === 'server') return success({ main: main.value, proxy: null });
  const proxy = await open(4011, endpoint.kind === 'loopback' ? (endpoint.proxyPort ?? 0) : 0);
  if (proxy.ok) return success({ main: main.value, proxy: proxy.value });
  await main.value.close();
  return proxy;
};
