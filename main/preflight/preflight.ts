// Preflight: everything that can be known before a machine is answered, as one report. Asking the wire takes five seconds, the rest less
// than one. What is asked is gathered here; what it means is judged by pure functions beside this file.
import { loadBootKit, verifyBootKit } from '../boot/kit.ts';
import { probeForeignDhcp } from '../network/foreign-probe.ts';
import { hearWire } from '../network/hear-wire.ts';
import { listNics } from '../network/nics.ts';
import type { Nic } from '../network/nics.ts';
import { safeToServe } from '../network/prove-binding.ts';
import { tryPorts } from './gather-ports.ts';
import { readAddressManager, readFirewall, readLibraryFolder, readRights } from './gather-system.ts';
import { judgeHeard } from './judge-heard.ts';
import { judgeAddress, judgeLink, judgeNic } from './judge-port.ts';
import { judgeBinding, judgeFirewall, judgeForeignDhcp, judgePorts, judgeRights } from './judge-serving.ts';
import { judgeBootKit, judgeLibrary } from './judge-stock.ts';
import { buildReport } from './report.ts';
import type { Judgement, PreflightReport } from './report.ts';

export interface PreflightOptions {
  /** Null: a rehearsal on loopback; then only ports, boot kit and library are checked. */
  readonly nicName: string | null;
  /** The address to serve on; null = the NIC's first. */
  readonly address: string | null;
  readonly mode: 'server' | 'proxy';
  readonly httpPort: number;
  readonly kitFolder: string;
  readonly libraryFolder: string;
  /** Where the station keeps its own things; null: not known. */
  readonly dataFolder: string | null;
  /** This process already serves on the NIC: its own ports are no obstacle. */
  readonly serving: boolean;
  /** Reads and hashes the whole kit, some 200 MB. */
  readonly verifyKit?: boolean;
  /** How long to listen for other DHCP servers; less than 5 s misses dnsmasq. 0 = do not ask. */
  readonly probeMs?: number;
  readonly now?: () => number;
  readonly signal?: AbortSignal;
}

/** Never fails: what cannot be read is a check with that verdict. Rejects only when `signal` aborts. */
export const runPreflight = async (options: PreflightOptions): Promise<PreflightReport> => {
  const { nicName, now = Date.now, signal } = options;
  const [stock, wire] = await Promise.all([checkStock(options), nicName === null ? checkLoopback(options) : checkWire(options, nicName)]);
  signal?.throwIfAborted();
  return buildReport([...wire, ...stock], now());
};

const checkStock = async ({
  kitFolder,
  libraryFolder,
  dataFolder,
  verifyKit = false,
  signal,
}: PreflightOptions): Promise<readonly Judgement[]> => {
  const kit = await loadBootKit(kitFolder);
  const damaged = kit.ok && verifyKit ? await verifyBootKit(kit.value, signal) : null;
  return [judgeBootKit(kit, damaged), judgeLibrary(await readLibraryFolder(libraryFolder, dataFolder))];
};

const checkLoopback = async ({ httpPort, serving }: PreflightOptions): Promise<readonly Judgement[]> => [
  judgePorts(await tryPorts({ nic: null, address: '127.0.0.1', httpPort, serving })),
];

const checkWire = async (options: PreflightOptions, nicName: string): Promise<readonly Judgement[]> => {
  const nics = listNics();
  const nic = nics.find((candidate) => candidate.name === nicName);
  const [rights, firewall] = await Promise.all([readRights(), readFirewall()]);
  const always = [judgeNic(nicName, nics), judgeRights(rights), judgeFirewall(firewall, nicName, options.httpPort)];
  return nic ? [...always, ...(await checkNic(options, nic, nics))] : always;
};

const checkNic = async (options: PreflightOptions, nic: Nic, nics: readonly Nic[]): Promise<readonly Judgement[]> => {
  const { mode, httpPort, serving, probeMs = 5000, signal } = options;
  const judged = [judgeLink(nic), judgeAddress(nic, options.address, await readAddressManager(nic.name))];
  const address = options.address ?? nic.addresses[0]?.address;
  // Without an address nothing below could be opened, and would only repeat that.
  if (address === undefined || judged.some((judgement) => judgement.id === 'address' && judgement.verdict === 'fail'))
    return [...judged, judgeForeignDhcp(mode, null)];
  const safe = await safeToServe({ nic, address }, nics);
  const ports = await tryPorts({ nic, address, httpPort, serving });
  const ask = nic.carrier !== false && safe.ok && probeMs > 0;
  const listening = { nic, address, listenMs: probeMs, ...(signal ? { signal } : {}) };
  const [probe, heard] = ask
    ? await Promise.all([probeForeignDhcp({ ...listening, ownServerIds: [address], asFirmware: mode === 'proxy' }), hearWire(listening)])
    : [null, null];
  return [
    ...judged,
    judgeBinding(nic.name, safe),
    judgePorts(ports),
    judgeForeignDhcp(mode, probe),
    ...judgeHeard(heard, address, nic.name),
  ];
};
