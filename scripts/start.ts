// `npm start`: the desktop program where Electron's runtime is there, else the same station without it and its window in the
// browser. Words after `--` go to the station, e.g. `npm start -- --nic enp3s0`.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { defaultDataFolder, findRunningStation } from '../main/data-folder.ts';
import { buildDesktop, buildWindow } from './build.ts';
import { findElectron } from './electron-runtime.ts';
import { openWindow } from './open-window.ts';

const ROOT = join(import.meta.dirname, '..');
const say = (text: string): void => void process.stderr.write(`rackside: ${text}\n`);

/** How the child ended, as an exit code; Ctrl-C reaches it by itself, other signals are handed on. */
const ended = (child: ReturnType<typeof spawn>): Promise<number> =>
  new Promise((resolve) => {
    process.on('SIGINT', () => undefined);
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.once('error', (error) => {
      say(error.message);
      resolve(1);
    });
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });

const startDesktop = async (electron: string): Promise<number> => {
  await buildWindow();
  await buildDesktop();
  // Chromium's own sandbox refuses to run as root.
  const extra = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return ended(spawn(electron, [ROOT, ...extra], { stdio: 'inherit' }));
};

const ADDRESS = /^Window: (\S+)$/;

const startInBrowser = async (words: readonly string[], open: boolean): Promise<number> => {
  const data = words[words.indexOf('--data') + 1];
  const running = findRunningStation(words.includes('--data') && data !== undefined ? data : defaultDataFolder());
  if (running !== null) {
    const url = `${running.url}#token=${running.token}`;
    say(`a station runs already (process ${running.pid}); its window is at ${url}`);
    if (open) await openWindow(url);
    return 0;
  }
  await buildWindow();
  const onWire = words.some((word) => ['--nic', '--loopback', '--help'].includes(word) || word.startsWith('--nic='));
  const station = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(ROOT, 'main', 'command', 'rackside.ts'),
      'serve',
      ...(onWire ? [] : ['--loopback']),
      ...words,
    ],
    { stdio: ['inherit', 'pipe', 'inherit'] },
  );
  createInterface({ input: station.stdout }).on('line', (line) => {
    console.log(line);
    const url = ADDRESS.exec(line)?.[1];
    if (url !== undefined && open) void openWindow(url);
  });
  if (!onWire) say('no port was named, so it serves the software rack on this computer; to serve a switch: npm start -- --nic NIC');
  return ended(station);
};

const words = process.argv.slice(2).filter((word) => word !== '--no-open' && word !== '--browser');
const electron = process.argv.includes('--browser') || words.length > 0 ? null : findElectron();
if (electron === null && words.length === 0 && findElectron() === null)
  say('no Electron runtime here (`npx install-electron` fetches it); the station starts without it, its window is a browser');
process.exitCode = electron === null ? await startInBrowser(words, !process.argv.includes('--no-open')) : await startDesktop(electron);
