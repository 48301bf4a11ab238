// `rackside` as people run it: a process of its own, against a station that is another process.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runCommandLine } from '../../main/command/rackside.ts';
import { writeDemoKit } from '../rack/demo-kit.ts';
import { startProgram } from '../wire/program.ts';
import type { Program, ProgramResult } from '../wire/program.ts';

const repository = resolve(import.meta.dirname, '../..');
const PROGRAM = [process.execPath, join('main', 'command', 'rackside.ts')] as const;

export type Served = {
  readonly program: Program;
  readonly ports: { readonly dhcp: number; readonly tftp: number; readonly http: number };
  readonly url: string;
  readonly farUrl: string | null;
};

export type CommandLab = {
  readonly folder: string;
  readonly dataFolder: string;
  /** What the person at the terminal types next; null: nobody sits there. */
  typed: string | null;
  /** Runs one command to its end, with this lab's data folder. In this process: starting a program for each takes seconds. */
  rackside(...words: readonly string[]): Promise<ProgramResult>;
  /** The same as a program of its own. */
  program(...words: readonly string[]): Promise<ProgramResult>;
  /** Starts `rackside serve --loopback`; the lab stops it if the test does not. `httpPort` 0 takes a free one. */
  serve(httpPort?: number, ...words: readonly string[]): Promise<Served>;
  stop(): Promise<void>;
};

/** A data folder, a boot kit and the programs that were started on them; programs are ended as Ctrl-C does. */
export const createCommandLab = async (): Promise<CommandLab> => {
  const folder = await mkdtemp(join(tmpdir(), 'rackside-command-'));
  const dataFolder = join(folder, 'station');
  const kitFolder = join(folder, 'kit');
  await writeDemoKit(kitFolder);
  const programs: Program[] = [];
  const start = (words: readonly string[]): Program => {
    const program = startProgram([...PROGRAM, ...words, '--data', dataFolder], { cwd: repository });
    programs.push(program);
    return program;
  };
  const lab: CommandLab = {
    folder,
    dataFolder,
    typed: null,
    program: (...words) => start(words).ended,
    rackside: async (...words) => {
      let [stdout, stderr] = ['', ''];
      const streams = {
        write: (text: string) => void (stdout += text),
        writeError: (text: string) => void (stderr += text),
        ask: async () => lab.typed,
      };
      const code = await runCommandLine([...words, '--data', dataFolder], new AbortController().signal, streams);
      return { code, stdout, stderr };
    },
    serve: async (httpPort = 0, ...words) => {
      const program = start(['serve', '--loopback', '--listen', '--json', '--kit', kitFolder, '--http-port', String(httpPort), ...words]);
      const line = await program.line(/^\{"url"/, 50_000);
      return { program, ...(JSON.parse(line) as Pick<Served, 'url' | 'farUrl' | 'ports'>) };
    },
    stop: async () => {
      for (const program of programs) await program.stop('SIGINT');
      await rm(folder, { recursive: true, force: true });
    },
  };
  return lab;
};
