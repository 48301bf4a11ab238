// Who holds a port on Windows (netstat, tasklist) and macOS (lsof), read from what these programs print. Written from their
// documentation; on those systems not run.
import { execFileSync } from 'node:child_process';

export type PortHolder = { readonly pid: number; readonly name: string };

export type Ask = (program: string, words: readonly string[]) => string;

type Protocol = 'udp' | 'tcp';

const ask: Ask = (program, words) => {
  try {
    return execFileSync(program, words, { encoding: 'utf8', timeout: 3000, windowsHide: true, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
};

/** `netstat -ano`: protocol, own address, foreign one, a state in the user's language (TCP), process. Who listens has no foreign port. */
export const netstatPids = (text: string, protocol: Protocol, port: number): readonly number[] => {
  const pids = text.split('\n').flatMap((line) => {
    const [kind = '', own = '', foreign = '', ...rest] = line.trim().split(/\s+/);
    const listens = protocol === 'udp' || foreign.endsWith(':0');
    return kind.toLowerCase() === protocol && own.endsWith(`:${port}`) && listens ? [Number(rest.at(-1) ?? 'none')] : [];
  });
  return [...new Set(pids.filter((pid) => Number.isInteger(pid) && pid > 0))];
};

/** `tasklist /svc /fo csv /nh`: program, process, its services. A service says more than the `svchost.exe` that runs it. */
export const tasklistName = (text: string): string | null => {
  const [program = '', , services = ''] = [...text.matchAll(/"([^"]*)"/g)].map(([, cell = '']) => cell);
  if (program === '') return null;
  return /^[A-Za-z]\w+(,\s*\w+)*$/.test(services) && program.toLowerCase() === 'svchost.exe' ? services : program;
};

/** `lsof -Fpc`: a line `pPROCESS`, then `cCOMMAND`. */
export const lsofHolders = (text: string): readonly PortHolder[] =>
  [...text.matchAll(/^p(\d+)\n(?:[^pc].*\n)*c(.+)$/gm)].map(([, pid, name = '']) => ({ pid: Number(pid), name }));

/** Null on a system where it is asked otherwise. */
export const holdersElsewhere = (
  protocol: Protocol,
  port: number,
  platform: NodeJS.Platform = process.platform,
  asked: Ask = ask,
): readonly PortHolder[] | null => {
  switch (platform) {
    case 'win32':
      return netstatPids(asked('netstat', ['-ano', '-p', protocol.toUpperCase()]), protocol, port).map((pid) => ({
        pid,
        name: tasklistName(asked('tasklist', ['/svc', '/fo', 'csv', '/nh', '/fi', `PID eq ${pid}`])) ?? 'a program',
      }));
    case 'darwin':
      return lsofHolders(
        asked('lsof', ['-nP', `-i${protocol.toUpperCase()}:${port}`, ...(protocol === 'tcp' ? ['-sTCP:LISTEN'] : []), '-Fpc']),
      );
    default:
      return null;
  }
};
