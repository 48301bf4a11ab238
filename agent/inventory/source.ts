// How inventory readers touch a machine: files, links and commands. The Linux one reads the running kernel; the fixture
// one holds a whole machine in a plain object, so that many targets live in one process (test/rack).
import { execFile } from 'node:child_process';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

/** `code` is null when the program is missing, was killed, or ran out of time. */
export type CommandResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type RunOptions = { readonly timeoutMs: number; readonly signal?: AbortSignal };

/** Addresses in CIDR form per interface name, e.g. `{ eno1: ['10.77.0.20/24'] }`. */
export type InterfaceAddresses = Readonly<Record<string, readonly string[]>>;

/** Nothing here throws for what a machine lacks: an absent or unreadable file is null, an absent folder is empty. */
export type HardwareSource = {
  readonly readBytes: (path: string) => Promise<Uint8Array | null>;
  /** UTF-8 text with trailing NULs and white space removed. */
  readonly readText: (path: string) => Promise<string | null>;
  /** Entry names of a folder, sorted. */
  readonly list: (path: string) => Promise<readonly string[]>;
  readonly exists: (path: string) => Promise<boolean>;
  /** The path with every link followed, or null when it leads nowhere. */
  readonly realPath: (path: string) => Promise<string | null>;
  readonly run: (command: string, args: readonly string[], options: RunOptions) => Promise<CommandResult>;
  readonly addresses: () => Promise<InterfaceAddresses>;
};

/** What `run` answers for a program that the machine does not have. */
export const MISSING_COMMAND: CommandResult = { code: null, stdout: '', stderr: 'no such program' };

const trimText = (text: string): string => text.replace(/[\0\s]+$/, '');

const quietly = async <T>(work: Promise<T>): Promise<T | null> => {
  try {
    return await work;
  } catch {
    return null;
  }
};

/** The running machine: /proc, /sys and Debian's tools. */
export const linuxSource = (): HardwareSource => {
  const readBytes = async (path: string): Promise<Uint8Array | null> => {
    const bytes = await quietly(readFile(path));
    return bytes === null ? null : new Uint8Array(bytes);
  };
  return {
    readBytes,
    readText: async (path) => {
      const bytes = await readBytes(path);
      return bytes === null ? null : trimText(new TextDecoder().decode(bytes));
    },
    list: async (path) => ((await quietly(readdir(path))) ?? []).toSorted(),
    exists: async (path) => (await quietly(stat(path))) !== null,
    realPath: (path) => quietly(realpath(path)),
    run: (command, args, options) =>
      new Promise((resolve) => {
        execFile(
          command,
          [...args],
          { timeout: options.timeoutMs, killSignal: 'SIGKILL', maxBuffer: 4 << 20, ...(options.signal ? { signal: options.signal } : {}) },
          (error, stdout, stderr) => {
            if (error !== null && (error.code as unknown) === 'ENOENT') return resolve(MISSING_COMMAND);
            const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
            resolve({ code, stdout, stderr });
          },
        );
      }),
    addresses: async () => {
      const found: Record<string, string[]> = {};
      for (const [name, entries] of Object.entries(networkInterfaces())) {
        found[name] = (entries ?? []).flatMap((entry) => (entry.cidr === null ? [] : [entry.cidr]));
      }
      return found;
    },
  };
};

/** A machine written down: absolute paths to content, links to their resolved path, commands answered by a function. */
export type FixtureMachine = {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly addresses?: InterfaceAddresses;
  /** Answer for one command, or null when the machine lacks it. */
  readonly commands?: (command: string, args: readonly string[], signal?: AbortSignal) => Promise<CommandResult> | CommandResult | null;
};

/** A source over a {@link FixtureMachine}. Entries are looked up as written: links are not followed inside paths. */
export const fixtureSource = (machine: FixtureMachine): HardwareSource => {
  const links = machine.links ?? {};
  const paths = [...Object.keys(machine.files), ...Object.keys(links)];
  const read = (path: string): string | Uint8Array | null => (Object.hasOwn(machine.files, path) ? (machine.files[path] ?? null) : null);
  const children = (path: string): readonly string[] => {
    const prefix = path.endsWith('/') ? path : `${path}/`;
    const names = paths.filter((entry) => entry.startsWith(prefix)).map((entry) => entry.slice(prefix.length).split('/')[0] ?? '');
    return [...new Set(names)].toSorted();
  };
  return {
    readBytes: async (path) => {
      const content = read(path);
      return typeof content === 'string' ? new TextEncoder().encode(content) : content;
    },
    readText: async (path) => {
      const content = read(path);
      return content === null ? null : trimText(typeof content === 'string' ? content : new TextDecoder().decode(content));
    },
    list: async (path) => children(path),
    exists: async (path) => paths.includes(path) || children(path).length > 0,
    realPath: async (path) => links[path] ?? (paths.includes(path) || children(path).length > 0 ? path : null),
    run: async (command, args, options) => (await machine.commands?.(command, args, options.signal)) ?? MISSING_COMMAND,
    addresses: async () => machine.addresses ?? {},
  };
};
