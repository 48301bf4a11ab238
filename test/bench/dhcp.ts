// DHCP beside dnsmasq: perfdhcp raises the rate of whole exchanges (DISCOVER, OFFER, REQUEST, ACK) in the same steps against both,
// each on the same cable with an empty lease file, and the best rate of answered exchanges counts.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { canUseNamespaces, createLab } from '../wire/netns.ts';
import type { Namespace } from '../wire/netns.ts';
import type { Program } from '../wire/program.ts';
import { interleave, speedLine } from './figure.ts';
import type { RunContext, Suite } from './figure.ts';
import { lackOf, nodeCommand, steady } from './host.ts';

const ADDRESS = '10.9.0.1';
/** Machines that ask; a rack is fifty, a hall a thousand. */
const CLIENTS = 1000;
/** Exchanges per second asked for, one after another; the highest is more than either serves on one core. */
const RATES: readonly number[] = [250, 500, 1000, 2000, 4000, 8000];
/** dnsmasq syncs its lease file at every change, we commit to SQLite: in memory the figure is not one of this computer's disk. */
const MEMORY = '/dev/shm';
const STEP_SECONDS = 3;
const LIMIT = 0.5;

export const dhcpSuite: Suite = {
  figures: ['dhcp-exchanges'],
  whyNot: () => (canUseNamespaces() ? lackOf(['dnsmasq', 'perfdhcp', 'ip']) : 'network namespaces need Linux and root'),
  run: async (context) => {
    const pairs = await interleave(
      context,
      'DHCP',
      { ours: () => measure(context, startOurs), reference: () => measure(context, startDnsmasq) },
      (rate) => `${Math.round(rate)} exchanges/s`,
    );
    return [speedLine('dhcp-exchanges', 'exchanges/s', pairs, LIMIT)];
  },
};

type Start = (
  station: Namespace,
  leasesPath: string,
) => Promise<{ readonly program: Program; readonly countLeases: (leasesPath: string) => number }>;

const startOurs: Start = async (station, leasesPath) => {
  const program = station.start(steady(nodeCommand('test/bench/dhcp-station.ts', ['eth0', ADDRESS, leasesPath])));
  await program.line(/^ready$/);
  const countLeases = (path: string): number => {
    const database = new Sqlite(path, { readonly: true });
    const count = Number(database.prepare("SELECT count(*) FROM lease WHERE state = 'bound'").pluck().get());
    database.close();
    return count;
  };
  return { program, countLeases };
};

/** `--no-ping`: our server does not ask the address first whether it is taken either. */
const startDnsmasq: Start = async (station, leasesPath) => {
  const options = ['--dhcp-range=10.9.1.0,10.9.250.255,255.255.0.0,1h', `--dhcp-leasefile=${leasesPath}`, '--dhcp-lease-max=60000'];
  const quiet = ['-C', '/dev/null', '--no-daemon', '--port=0', '--user=root', '--no-ping', '--quiet-dhcp', '--interface=eth0'];
  const program = station.start(steady(['dnsmasq', ...quiet, '--dhcp-authoritative', ...options]));
  await program.line(/DHCP, IP range/);
  return { program, countLeases: (path) => readFileSync(path, 'utf8').split('\n').length - 1 };
};

/** Best number of completed exchanges per second over the ramp. */
const measure = async (context: RunContext, start: Start): Promise<number> => {
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : context.folder, 'rackside-bench-'));
  const leasesPath = join(folder, 'leases');
  const lab = createLab('bench-dhcp');
  try {
    const [station, machines] = [lab.namespace('station'), lab.namespace('machines')];
    lab.cable(
      { namespace: station, name: 'eth0', address: `${ADDRESS}/16` },
      { namespace: machines, name: 'eth0', address: '10.9.0.2/16' },
    );
    const { program, countLeases } = await start(station, leasesPath);
    let best = 0;
    let exchanges = 0;
    for (const rate of RATES) {
      const seconds = Math.max(1, Math.ceil(STEP_SECONDS * context.scale));
      const reached = await exchangesPerSecond(machines, rate, seconds);
      exchanges += reached * seconds;
      best = Math.max(best, reached);
      // Past its best a server only drops more.
      if (reached < rate / 2) break;
    }
    await program.stop();
    const leases = countLeases(leasesPath);
    // perfdhcp throws dice for who asks; this many different ones are to be expected.
    const expected = CLIENTS * (1 - Math.exp(-exchanges / CLIENTS));
    if (leases < expected * 0.85) throw new Error(`only ${leases} of about ${Math.round(expected)} leases were kept`);
    return best;
  } finally {
    await lab.dispose();
    rmSync(folder, { recursive: true });
  }
};

const exchangesPerSecond = async (machines: Namespace, rate: number, seconds: number): Promise<number> => {
  const load = ['-4', '-l', 'eth0', '-r', `${rate}`, '-R', `${CLIENTS}`, '-p', `${seconds}`, '-W', '500000'];
  const result = await machines.run(steady(['perfdhcp', ...load]), { timeoutMs: seconds * 1000 + 30_000 });
  const reached = /^Rate: ([\d.e+]+) 4-way exchanges\/second/m.exec(result.stdout)?.[1];
  // Exit code 3 says that some exchanges were lost, which is what the last step is for.
  if (reached === undefined || (result.code !== 0 && result.code !== 3)) throw new Error(`perfdhcp: ${result.stdout}${result.stderr}`);
  return Number(reached);
};
