// What images cost in a library, on systems such as sites have (material.ts):
//
// `stored-size`: everything that a library writes for one image, beside one `zstd -3` stream of its used blocks that are not zero. Which blocks
// are used is asked of dumpe2fs, not of us.
// `library-size`: a library of four related images, beside the sum of what each alone has stored.
// `upgrade-bytes`: what an upgraded version adds to a library that has the version before, beside what it alone has stored.
// `drift-bytes`: what a machine fetches that drifted from its image (it was upgraded in place) on its way back, beside what a blank one
// fetches for the same image. Both are whole deploys.
// The same disks always give the same bytes: one run says what three would.
import { execFileSync } from 'node:child_process';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { startProgram } from '../wire/program.ts';
import { shareLine } from './figure.ts';
import type { Suite } from './figure.ts';
import { lackOf, nodeCommand } from './host.ts';
import type { Imported } from './library-import.ts';
import { MATERIAL_TOOLS, archives, makeMaterial } from './material.ts';

const LIMITS = { stored: 1.12, library: 0.6, upgrade: 0.35, drift: 0.06 };

const isReady = process.platform === 'linux' && process.getuid?.() === 0;

export const librarySuite: Suite = {
  figures: ['stored-size', 'library-size', 'upgrade-bytes', 'drift-bytes'],
  whyNot: () => {
    if (!isReady) return 'the systems that it is measured on are built by Linux and root';
    const lack = lackOf(['zstd', 'apt-get', ...MATERIAL_TOOLS]);
    if (lack !== null) return lack;
    const { released, updated } = archives();
    return released.length > 0 && updated.length > released.length ? null : 'apt knows no archives of Debian 12 with its security updates';
  },
  run: async (context) => {
    const { base, again, server, upgraded, alike } = await makeMaterial(context);
    const folder = join(context.folder, 'library-figures');
    await mkdir(folder, { recursive: true });
    const four = await importAll(join(folder, 'four'), [base, again, upgraded, alike]);
    const [first] = four;
    if (first === undefined) throw new Error('nothing was imported');
    const streamBytes = await streamOf(base);
    const alone = four.reduce((sum, { aloneBytes }) => sum + aloneBytes, 0);
    await rm(join(folder, 'four'), { recursive: true });

    const line = join(folder, 'line');
    const [old, fresh] = await importAll(line, [server, upgraded]);
    if (old === undefined || fresh === undefined) throw new Error('nothing was imported');
    const drifted = join(folder, 'drifted.raw');
    execFileSync('cp', ['--sparse=always', upgraded, drifted]);
    const blank = join(folder, 'blank.raw');
    await writeFile(blank, '');
    await truncate(blank, statSync(server).size);
    const back = await deployOnto(line, old.osoid, drifted);
    const whole = await deployOnto(line, old.osoid, blank);
    await rm(folder, { recursive: true });
    return [
      shareLine('stored-size', first.libraryBytes, streamBytes, LIMITS.stored),
      shareLine('library-size', four.at(-1)?.libraryBytes ?? Number.NaN, alone, LIMITS.library),
      shareLine('upgrade-bytes', fresh.libraryBytes - old.libraryBytes, fresh.aloneBytes, LIMITS.upgrade),
      shareLine('drift-bytes', back, whole, LIMITS.drift),
    ];
  },
};

const importAll = async (folder: string, paths: readonly string[]): Promise<readonly Imported[]> =>
  JSON.parse(await need(child('library-import.ts', [folder, ...paths]))) as readonly Imported[];

const deployOnto = async (folder: string, osoid: string, disk: string): Promise<number> =>
  Number(await need(child('library-deploy.ts', [folder, osoid, disk])));

const streamOf = async (disk: string): Promise<number> => {
  const blocks = child('used-blocks.ts', [disk])
    .map((word) => `'${word}'`)
    .join(' ');
  return Number(await need(['bash', '-c', `set -o pipefail; ${blocks} | zstd -3 -T1 -q -c | wc -c`]));
};

const child = (script: string, args: readonly string[]): readonly string[] => nodeCommand(join(import.meta.dirname, script), args);

const need = async (argv: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await startProgram(argv).ended;
  if (code !== 0) throw new Error(`${argv.slice(0, 6).join(' ')}: ${stderr || stdout}`);
  return stdout.trim();
};
