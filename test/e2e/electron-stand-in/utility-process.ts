// utilityProcess.fork as a fork of plain Node with `process.parentPort` (Electron documentation, utility-process).
import { fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import type * as Electron from 'electron';

export type UtilityStandIn = {
  readonly utilityProcess: Pick<typeof Electron.utilityProcess, 'fork'>;
  readonly pids: () => readonly number[];
  /** Ends every child, as a bug in it would. */
  crash(): Promise<void>;
};

export const createUtilityProcess = (isReady: () => boolean): UtilityStandIn => {
  const children = new Set<ReturnType<typeof fork>>();
  return {
    pids: () => [...children].map((child) => child.pid ?? 0),
    crash: async () => {
      await Promise.all(
        [...children].map((child) => {
          const exited = once(child, 'exit');
          child.kill('SIGKILL');
          return exited;
        }),
      );
    },
    utilityProcess: {
      fork: (modulePath, args = [], options = {}) => {
        if (!isReady()) throw new Error('utilityProcess.fork can only be called after the app is ready');
        if (options.stdio !== undefined || options.execArgv !== undefined) throw new Error('the stand-in has no such option');
        const child = fork(modulePath, args, {
          execPath: process.execPath,
          execArgv: ['--import', join(import.meta.dirname, 'parent-port.mjs')],
          serialization: 'advanced',
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        });
        children.add(child);
        const events = new EventEmitter();
        child.on('message', (message) => events.emit('message', message));
        child.once('spawn', () => events.emit('spawn'));
        child.once('exit', (code) => {
          children.delete(child);
          // Electron gives the status that the system reports; for a signal that is not 0.
          events.emit('exit', code ?? 9);
        });
        const methods = {
          postMessage: (message) => {
            if (child.connected) child.send(structuredClone(message) as object);
          },
          kill: () => child.kill('SIGTERM'),
          stdout: null,
          stderr: null,
        } satisfies Pick<Electron.UtilityProcess, 'postMessage' | 'kill' | 'stdout' | 'stderr'>;
        const utility = Object.assign(events, methods);
        Object.defineProperty(utility, 'pid', { get: () => (children.has(child) ? child.pid : undefined) });
        return utility as unknown as Electron.UtilityProcess;
      },
    },
  };
};
