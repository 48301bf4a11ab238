// The lab's wire and its station: a namespace with a bridge and no default route, and `rackside serve` on that bridge. The lab
// speaks to it by the command line alone, as a technician would.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MachineDetail, MachineView, ImageView } from '../../../preload/contract/views.ts';
import { buildWindow } from '../../../scripts/build.ts';
import { createLab } from '../../wire/netns.ts';
import type { Namespace } from '../../wire/netns.ts';
import type { Program } from '../../wire/program.ts';

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
  output(): string;
  dispose(): Promise<void>;
};

const ADDRESS = '10.77.0.1/24';
const BRIDGE = 'br0';

/** @param serveOptions further options of `rackside serve`. */
export const startLabStation = async (prefix: string, serveOptions: readonly string[] = []): Promise<LabStation> => {
  await buildWindow();
  const lab = createLab(prefix);
  const namespace = lab.namespace('rack');
  lab.bridge(namespace, BRIDGE, ADDRESS);
  // A bridge without a member has no carrier; the first machine's tap comes later.
  lab.cable({ namespace, name: 'uplink', bridge: BRIDGE }, { namespace: lab.namespace('elsewhere'), name: 'eth0' });
  const folder = mkdtempSync(join(tmpdir(), 'rackside-lab-'));
  const data = join(folder, 'station');
  let program: Program | null = null;

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
      ...serveOptions,
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
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
      throw new Error(
        `${timeoutMs} ms passed and the machine is not ${what}: ${JSON.stringify(last ?? null)}\nstation:\n${program?.output().slice(-2000) ?? ''}`,
      );
    },
    kill: async () => {
      await program?.stop('SIGKILL');
    },
    start,
    output: () => program?.output() ?? '',
    dispose: async () => {
      await program?.stop();
      await lab.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
