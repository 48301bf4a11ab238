// The lab's wire and its station: a namespace with a bridge and no default route, and `rackside serve` on that bridge. The lab
// speaks to it by the command line alone, as a technician would.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MachineDetail, MachineView, ImageView } from '../../../preload/contract/views.ts';
import { buildWindow } from '../../../scripts/build.ts';
import { dnsmasq } from '../../wire/dhcp-clients.ts';
import { createLab } from '../../wire/netns.ts';
import type { Namespace } from '../../wire/netns.ts';
import type { Program } from '../../wire/program.ts';
import { plain } from './machine.ts';

export type LabStation = {
  readonly namespace: Namespace;
  readonly bridge: string;
  readonly folder: string;
  /** Standard output of a `rackside` command as JSON; throws with stderr when it fails. */
  rackside<T>(...words: readonly string[]): Promise<T>;
  importImage(path: string, name: string): Promise<ImageView>;
  /** Polls the machine until `accept` holds. */
  machineWhen(mac: string, accept: (machine: MachineView) => boolean, what: string, timeoutMs: number): Promise<MachineView>;
  machine(id: string): Promise<MachineDetail>;
  /** Ends the station as a power cut would, or starts it again over the same data. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Another station, with data of its own, takes this one's place on the wire; resolves with the folder of this one's library. */
  replace(name: string): Promise<string>;
  /** Keeps what a machine's console says, for `evidence`. */
  witness(name: string, output: () => string): void;
  /** The last lines of every console and of the station's log: what a person needs when a journey failed. */
  evidence(): string;
  dispose(): Promise<void>;
};

const ADDRESS = '10.77.0.1/24';
const BRIDGE = 'br0';
const ELSEWHERE = '10.77.0.2/24';
const FOREIGN_RANGE = '10.77.0.200,10.77.0.220';

const EVIDENCE_LINES = 25;
const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
const lastLines = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-EVIDENCE_LINES)
    .join('\n');

/** @param mode `proxy` puts somebody else's DHCP server (dnsmasq) on the wire, beside which the station only says what to boot. */
export const startLabStation = async (prefix: string, mode: 'server' | 'proxy' = 'server'): Promise<LabStation> => {
  await buildWindow();
  const lab = createLab(prefix);
  const namespace = lab.namespace('rack');
  lab.bridge(namespace, BRIDGE, ADDRESS);
  // A bridge without a member has no carrier; the first machine's tap comes later.
  const elsewhere = lab.namespace('elsewhere');
  lab.cable({ namespace, name: 'uplink', bridge: BRIDGE }, { namespace: elsewhere, name: 'eth0' });
  if (mode === 'proxy') {
    elsewhere.ip(`addr add ${ELSEWHERE} dev eth0`);
    await elsewhere.start(dnsmasq(FOREIGN_RANGE)).line(/DHCP, IP range/);
  }
  const folder = mkdtempSync(join(tmpdir(), 'rackside-lab-'));
  let data = join(folder, 'station');
  let program: Program | null = null;
  const witnesses: { readonly name: string; readonly output: () => string }[] = [
    { name: 'station', output: () => program?.output() ?? '' },
    { name: "station's log", output: () => readText(join(data, 'station.log')) },
  ];

  const start = async (): Promise<void> => {
    program = namespace.node('main/command/rackside.ts', [
      'serve',
      '--nic',
      BRIDGE,
      '--data',
      data,
      '--site',
      'VM lab',
      '--operator',
      'lab',
      '--listen',
      '--mode',
      mode,
    ]);
    await program.line(/^Window: /, 60_000);
  };
  const rackside = async <T>(...words: readonly string[]): Promise<T> => {
    const result = await namespace.node('main/command/rackside.ts', [...words, '--json', '--data', data]).ended;
    if (result.code !== 0) throw new Error(`rackside ${words.join(' ')} ended with ${result.code}: ${result.stderr}`);
    return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? 'null') as T;
  };
  await start();
  return {
    namespace,
    bridge: BRIDGE,
    folder,
    rackside,
    importImage: (path, name) => rackside<ImageView>('images', 'import', path, '--name', name),
    machine: (id) => rackside<MachineDetail>('machine', id),
    machineWhen: async (mac, accept, what, timeoutMs) => {
      const endsAtMs = Date.now() + timeoutMs;
      let last: MachineView | undefined;
      while (Date.now() < endsAtMs) {
        last = (await rackside<readonly MachineView[]>('machines')).find((machine) => machine.macs.includes(mac));
        if (last !== undefined && accept(last)) return last;
        await new Promise((resolve) => setTimeout(resolve, 2_000));
      }
      throw new Error(`${timeoutMs / 1000} s passed and the machine is not ${what}: ${JSON.stringify(last ?? null)}`);
    },
    kill: async () => {
      await program?.stop('SIGKILL');
    },
    start,
    replace: async (name) => {
      await program?.stop();
      const library = join(data, 'library');
      data = join(folder, name);
      await start();
      return library;
    },
    witness: (name, output) => void witnesses.push({ name, output }),
    evidence: () => witnesses.map(({ name, output }) => `--- ${name}:\n${lastLines(plain(output()))}`).join('\n'),
    dispose: async () => {
      await program?.stop();
      await lab.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
