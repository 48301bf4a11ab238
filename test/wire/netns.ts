// Network namespaces for tests that need a real wire: namespaces, veth cables, bridges (switches), programs inside them, and one
// `dispose()` that undoes it all. Linux, root, iproute2. Nothing outside the created namespaces is touched.
//
//   const lab = createLab('dhcp');
//   const station = lab.namespace('station');  const client = lab.namespace('client');
//   lab.cable({ namespace: station, name: 'eth0', address: '10.9.0.1/24' }, { namespace: client, name: 'eth0' });
//   const server = station.node('test/wire/some-station.ts', ['eth0']);   await server.line(/ready/);
//   const out = await client.run(['udhcpc', '-f', '-q', '-n', '-i', 'eth0', '-s', '/bin/true']);
//   await lab.dispose();
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startProgram, type Program, type ProgramResult } from './program.ts';

export type Namespace = {
  /** The kernel's name for it, unique per test process; use with `ip netns exec`. */
  readonly name: string;
  /** Runs a program to its end; never rejects for a non-zero exit code. `timeoutMs` (default 30 s) kills it: code is then null. */
  run(argv: readonly string[], options?: { readonly timeoutMs?: number; readonly env?: NodeJS.ProcessEnv }): Promise<ProgramResult>;
  /** Starts a program that stays; `dispose()` stops it if the test did not. */
  start(argv: readonly string[], options?: { readonly env?: NodeJS.ProcessEnv }): Program;
  /** Starts a TypeScript file (path from the repository's root) under this same Node. */
  node(script: string, args?: readonly string[]): Program;
  /** `ip …` inside the namespace; throws with stderr when it fails. Returns stdout. */
  ip(words: string): string;
};

/** One end of a cable. `address` is CIDR (`10.9.0.1/24`); without it the end is up but has no address. `mac` is optional. */
export type CableEnd = {
  readonly namespace: Namespace;
  readonly name: string;
  readonly address?: string;
  readonly mac?: string;
  /** Name of a bridge in the same namespace (made by `bridge()`) to plug this end into. */
  readonly bridge?: string;
};

export type Lab = {
  namespace(name: string): Namespace;
  /** A veth pair, both ends up. With both ends in place each side has carrier. */
  cable(a: CableEnd, b: CableEnd): void;
  /** A switch without STP delay; `address` is the switch's own address in that namespace, if any. */
  bridge(namespace: Namespace, name: string, address?: string): void;
  /** Stops every program, deletes every namespace (and with them their cables and bridges). */
  dispose(): Promise<void>;
};

const repository = resolve(import.meta.dirname, '../..');
let labs = 0;

/** True where these tests can run at all; use with `describe.skipIf(!canUseNamespaces())` only if the skip is reported by name. */
export const canUseNamespaces = (): boolean => process.platform === 'linux' && process.getuid?.() === 0;

/** @param prefix short task name, to tell labs apart in `ip netns list`. */
export const createLab = (prefix: string): Lab => {
  const labName = `${prefix}-${process.pid}-${(labs += 1)}`;
  const namespaces: Namespace[] = [];
  const programs = new Set<Program>();

  const namespace = (name: string): Namespace => {
    const kernelName = `${labName}-${name}`;
    sh(['ip', 'netns', 'add', kernelName]);
    // `ip netns exec` binds this over /etc/resolv.conf, so a DHCP client's script cannot touch the host's.
    mkdirSync(join('/etc/netns', kernelName), { recursive: true });
    writeFileSync(join('/etc/netns', kernelName, 'resolv.conf'), '');
    const wrap = (argv: readonly string[]): readonly string[] => ['ip', 'netns', 'exec', kernelName, ...argv];
    const start: Namespace['start'] = (argv, options = {}) => {
      const program = startProgram(wrap(argv), { cwd: repository, ...options });
      programs.add(program);
      void program.ended.then(() => programs.delete(program));
      return program;
    };
    const created: Namespace = {
      name: kernelName,
      start,
      run: async (argv, { timeoutMs = 30_000, ...options } = {}) => {
        const program = start(argv, options);
        const timer = setTimeout(() => void program.stop('SIGKILL'), timeoutMs);
        const result = await program.ended;
        clearTimeout(timer);
        return result;
      },
      node: (script, args = []) => start([process.execPath, '--disable-warning=ExperimentalWarning', join(repository, script), ...args]),
      ip: (words) => sh(['ip', '-n', kernelName, ...words.split(' ').filter((word) => word !== '')]),
    };
    created.ip('link set lo up');
    namespaces.push(created);
    return created;
  };

  const plug = (end: CableEnd): void => {
    if (end.mac !== undefined) end.namespace.ip(`link set ${end.name} address ${end.mac}`);
    if (end.bridge !== undefined) end.namespace.ip(`link set ${end.name} master ${end.bridge}`);
    if (end.address !== undefined) end.namespace.ip(`addr add ${end.address} dev ${end.name}`);
    end.namespace.ip(`link set ${end.name} up`);
  };

  return {
    namespace,
    cable: (a, b) => {
      sh(['ip', 'link', 'add', a.name, 'netns', a.namespace.name, 'type', 'veth', 'peer', 'name', b.name, 'netns', b.namespace.name]);
      plug(a);
      plug(b);
    },
    bridge: (where, name, address) => {
      where.ip(`link add ${name} type bridge stp_state 0 forward_delay 0`);
      if (address !== undefined) where.ip(`addr add ${address} dev ${name}`);
      where.ip(`link set ${name} up`);
    },
    dispose: async () => {
      await Promise.all([...programs].map((program) => program.stop()));
      for (const { name } of namespaces) {
        sh(['ip', 'netns', 'del', name]);
        rmSync(join('/etc/netns', name), { recursive: true, force: true });
      }
      namespaces.length = 0;
    },
  };
};

const sh = ([program, ...args]: readonly string[]): string =>
  execFileSync(program ?? '', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
