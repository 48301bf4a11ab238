// Content for the figures that count processor time, and how that time is read.
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { startProgram } from '../wire/program.ts';
import type { RunContext } from './figure.ts';

const MIB = 1024 * 1024;
const CONTENT_BYTES = 512 * MIB;

/** This very Node, again and again: a program is what an operating system is full of, and zstd looks back 2 MiB and not to the last copy. */
export const writeContent = async ({ folder, scale }: RunContext): Promise<string> => {
  const sizeBytes = Math.max(16 * MIB, Math.round((CONTENT_BYTES * scale) / MIB) * MIB);
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'content.raw');
  const existing = await stat(path).catch(() => null);
  if (existing?.size === sizeBytes) return path;
  const program = await readFile(process.execPath);
  await using file = await open(path, 'w');
  for (let at = 0; at < sizeBytes; at += program.length) await file.write(program, 0, Math.min(program.length, sizeBytes - at), at);
  await file.sync();
  return path;
};

/** User and system seconds, which the program prints as the last thing it says. */
export const secondsOf = async ({ say }: RunContext, argv: readonly string[]): Promise<number> => {
  const { code, stdout, stderr } = await startProgram(argv).ended;
  const last = /([\d.]+) ([\d.]+)\s*$/.exec(stdout + stderr);
  if (code !== 0 || last === null) throw new Error(`${argv[0]}: ${stderr || stdout}`);
  const seconds = Number(last[1]) + Number(last[2]);
  if (seconds === 0) say('too little to measure; use a larger --scale');
  return seconds;
};

/** A shell command that prints, as the last thing, the user and system seconds of everything it started and waited for. */
export const timedShell = (command: string): readonly string[] => [
  'bash',
  '-c',
  `set -eo pipefail; TIMEFORMAT='%U %S'; time { ${command}; }`,
];
