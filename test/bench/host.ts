// What figures need of the computer: programs, said by name when they are missing, and processor time that other work does not blur.
import { hasProgram } from '../../scripts/host.ts';

/** Null when all are there. */
export const lackOf = (programs: readonly string[]): string | null => {
  const missing = programs.filter((program) => !hasProgram(program));
  return missing.length === 0 ? null : `not installed here: ${missing.join(', ')}`;
};

/**
 * The command under real-time scheduling where chrt(1) is there: a packet's turn-around is then the program's own time, and not its
 * place in the queue of a busy processor, which would favour whoever computes least. For both sides of a pair, and their client.
 */
export const steady = (argv: readonly string[]): readonly string[] => (hasProgram('chrt') ? ['chrt', '--rr', '1', ...argv] : argv);

/** A TypeScript file of this repository under this same Node. */
export const nodeCommand = (path: string, args: readonly string[]): readonly string[] => [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  path,
  ...args,
];
