// Opens a station's window: in Electron where its runtime is there, else in the system's browser. Never fails; the address was
// printed before.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { findElectron } from './electron-runtime.ts';

const spawnQuietly = (program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(program, args, { detached: true, stdio: 'ignore', env: { ...process.env, ...environment } });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });

/** @param url address with its token fragment, as `rackside serve` prints it. */
export const openWindow = async (url: string): Promise<void> => {
  const electron = findElectron();
  if (electron !== null && (await spawnQuietly(electron, [join(import.meta.dirname, '..')], { RACKSIDE_ATTACH: url }))) return;
  if (process.platform === 'linux' && process.env['DISPLAY'] === undefined && process.env['WAYLAND_DISPLAY'] === undefined) return;
  const [program, args]: readonly [string, readonly string[]] =
    process.platform === 'darwin'
      ? ['open', [url]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'start', '', url]]
        : ['xdg-open', [url]];
  await spawnQuietly(program, args);
};
