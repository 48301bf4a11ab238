// `npm run build`: the window, and with --all the desktop program's main process and preload too. Each part is built only
// when its inputs changed, and put in place whole, so that a station that starts meanwhile never reads half a bundle.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const OUT = join(ROOT, 'out');

type Part = {
  readonly name: string;
  /** Files and folders, from the root, that decide whether it is current. */
  readonly inputs: readonly string[];
  /** What must be there when it is current. */
  readonly product: string;
  readonly build: () => Promise<void>;
};

const run = (program: string, args: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'node_modules', program), ...args], { cwd: ROOT, stdio: ['ignore', 2, 2] });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}`))));
  });

const WINDOW: Part = {
  name: 'window',
  inputs: ['renderer', 'preload/contract', 'agent/protocol', 'package-lock.json'],
  product: 'renderer/index.html',
  build: async () => {
    const fresh = join(OUT, `renderer-${process.pid}`);
    const old = join(OUT, `renderer-${process.pid}-old`);
    await run('vite/bin/vite.js', [
      'build',
      '--config',
      'renderer/vite.config.ts',
      '--outDir',
      fresh,
      '--emptyOutDir',
      '--logLevel',
      'warn',
    ]);
    await rename(join(OUT, 'renderer'), old).catch(() => undefined);
    await rename(fresh, join(OUT, 'renderer'));
    await rm(old, { recursive: true, force: true });
  },
};

const DESKTOP: Part = {
  name: 'desktop program',
  inputs: ['main', 'preload', 'agent', 'electron.vite.config.ts', 'package-lock.json'],
  product: 'main/index.js',
  build: () => run('electron-vite/bin/electron-vite.js', ['build', '--logLevel', 'warn']),
};

const filesOf = async (path: string): Promise<readonly string[]> => {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => null);
  if (entries === null) return [path];
  const below = await Promise.all(entries.map((entry) => filesOf(join(path, entry.name))));
  return below.flat();
};

const hashInputs = async (inputs: readonly string[]): Promise<string> => {
  const hash = createHash('sha256');
  const files = (await Promise.all(inputs.map((input) => filesOf(join(ROOT, input))))).flat().toSorted();
  for (const file of files)
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(await readFile(file))
      .update('\0');
  return hash.digest('hex');
};

const buildPart = async (part: Part): Promise<void> => {
  const stamp = join(OUT, `${part.name.replaceAll(' ', '-')}.stamp`);
  const wanted = await hashInputs(part.inputs);
  const current = await readFile(stamp, 'utf8').catch(() => '');
  if (current === wanted && existsSync(join(OUT, part.product))) return;
  process.stderr.write(`rackside: building the ${part.name} ...\n`);
  await mkdir(OUT, { recursive: true });
  await part.build();
  await writeFile(stamp, wanted);
};

/** Brings out/renderer up to date; returns at once when it is. Rejects when the build fails; its messages are on stderr. */
export const buildWindow = (): Promise<void> => buildPart(WINDOW);

/** Brings out/main and out/preload up to date. */
export const buildDesktop = (): Promise<void> => buildPart(DESKTOP);

if (process.argv[1] === import.meta.filename) {
  await buildWindow();
  if (process.argv.includes('--all')) await buildDesktop();
}
