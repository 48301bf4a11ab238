// The Linux package, made by electron-builder around a stand-in of Electron's runtime: what is in it, and that its station and
// `rackside` start on the Node it brings.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { extractFile, listPackage, statFile } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeDemoImage } from '../rack/demo-image.ts';
import { writeDemoKit } from '../rack/demo-kit.ts';
import { writeElectronDist } from './electron-dist.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const isHere = process.platform === 'linux' && existsSync(join(ROOT, 'node_modules', `node-linux-${process.arch}`));

/** Its standard output; throws with everything it said when it failed. */
const succeeded = ({ status, stdout, stderr }: { status: number | null; stdout: string; stderr: string }): string => {
  if (status !== 0) throw new Error(`ended with ${status}: ${stdout}${stderr}`);
  return stdout;
};

describe.skipIf(!isHere)('the Linux package', () => {
  let folder: string;
  let resources: string;
  let asar: string;
  let executable: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rackside-dist-'));
    const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules', 'electron', 'package.json'), 'utf8')) as { version: string };
    writeElectronDist(join(folder, 'electron'), version);
    await writeDemoKit(join(folder, 'kit'));
    const words = [
      '--dir',
      '--linux',
      '--electron-dist',
      join(folder, 'electron'),
      '--kit',
      join(folder, 'kit'),
      '--output',
      join(folder, 'dist'),
    ];
    const made = spawnSync(process.execPath, [join(ROOT, 'scripts', 'dist.ts'), ...words], { encoding: 'utf8' });
    succeeded(made);
    const unpacked = readdirSync(join(folder, 'dist')).find((name) => name.endsWith('unpacked')) ?? '';
    resources = join(folder, 'dist', unpacked, 'resources');
    asar = join(resources, 'app.asar');
    executable = join(folder, 'dist', unpacked, 'rackside-desktop');
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('the asar holds the program, sealed, and no Node', () => {
    const files = listPackage(asar, { isPack: false });
    for (const file of [
      '/package.json',
      '/out/main/index.js',
      '/out/preload/index.cjs',
      '/out/renderer/index.html',
      '/node_modules/zod/package.json',
    ])
      expect(files).toContain(file);
    expect(files.filter((file) => /^\/node_modules\/(node-(linux|darwin|win|bin)|electron|react|vite|typescript)/.test(file))).toEqual([]);
    expect(files.filter((file) => /\.(ts|map|c|h)$/.test(file))).toEqual([]);
    // What decides over windows and preloads is inside; what plain Node runs too is beside.
    for (const file of ['package.json', 'out/main/index.js', 'out/preload/index.cjs'])
      expect(statFile(asar, file)).not.toHaveProperty('unpacked');
    for (const file of ['out/main/station-host.js', 'out/main/rackside.js']) expect(statFile(asar, file)).toHaveProperty('unpacked', true);
    expect(JSON.parse(extractFile(asar, 'package.json').toString())).toMatchObject({
      name: 'rackside',
      main: 'out/main/index.js',
      type: 'module',
    });
    expect(statSync(asar).size).toBeLessThan(5 * 1024 * 1024);
  });

  test('the native modules lie beside the asar, for this system alone, and load in the Node of the package', () => {
    const modules = join(resources, 'app.asar.unpacked', 'node_modules');
    const prebuilt = readdirSync(join(modules, 'better-sqlite3', 'prebuilds'));
    expect(prebuilt.length).toBeGreaterThan(0);
    expect(prebuilt.filter((name) => !name.startsWith('linux'))).toEqual([]);
    const script = `const s = new (require('better-sqlite3'))(':memory:'); require('koffi').load(null); console.log(s.prepare('select 6 * 7').pluck().get())`;
    const loaded = spawnSync(join(resources, 'node', 'node'), ['-e', script], { cwd: modules, encoding: 'utf8' });
    expect(succeeded(loaded).trim()).toBe('42');
  });

  test('boot kit, licence and one copy of Node are resources', () => {
    expect(existsSync(join(resources, 'bootkit', 'kit.json'))).toBe(true);
    expect(existsSync(join(resources, 'LICENSE'))).toBe(true);
    const nodes = readdirSync(resources, { recursive: true, encoding: 'utf8' }).filter((file) => {
      const { size } = statSync(join(resources, file));
      return size > 50 * 1024 * 1024;
    });
    expect(nodes).toEqual(['node/node']);
    expect(statSync(join(resources, 'node', 'node')).mode & 0o111).not.toBe(0);
    expect(statSync(join(resources, 'bin', 'rackside')).mode & 0o111).not.toBe(0);
  });

  test('every fuse is written', async () => {
    const wire = await getCurrentFuseWire(executable);
    const state = (option: FuseV1Options): string => String.fromCharCode(wire[option] ?? 0);
    const on = [
      FuseV1Options.EnableCookieEncryption,
      FuseV1Options.EnableEmbeddedAsarIntegrityValidation,
      FuseV1Options.OnlyLoadAppFromAsar,
    ];
    const off = [
      FuseV1Options.RunAsNode,
      FuseV1Options.EnableNodeOptionsEnvironmentVariable,
      FuseV1Options.EnableNodeCliInspectArguments,
      FuseV1Options.LoadBrowserProcessSpecificV8Snapshot,
      FuseV1Options.GrantFileProtocolExtraPrivileges,
    ];
    expect(on.map(state)).toEqual(on.map(() => '1'));
    expect(off.map(state)).toEqual(off.map(() => '0'));
  });

  test('its station starts on its own Node, and its rackside finds it', async () => {
    const data = join(folder, 'data');
    const rackside = join(resources, 'bin', 'rackside');
    // Nothing of the checkout or of its Node on the way.
    const environment = { PATH: '/usr/bin:/bin', HOME: folder };
    const station = spawn(rackside, ['serve', '--loopback', '--data', data], {
      env: environment,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(station, 'exit');
    try {
      const url = await new Promise<string>((resolve, reject) => {
        createInterface({ input: station.stdout }).on('line', (line) => line.startsWith('Window: ') && resolve(line.slice(8)));
        void exited.then(() => reject(new Error('the station ended')));
      });
      const asked = spawnSync(rackside, ['status', '--json', '--data', data], { env: environment, cwd: '/', encoding: 'utf8' });
      expect(JSON.parse(succeeded(asked))).toMatchObject({ kit: { problem: null } });
      const page = await fetch(url);
      expect(await page.text()).toContain('<div id="root"');
      // A worker of the library is found from the bundle too: an import hashes and packs on it.
      const image = join(data, 'tiny.raw');
      await writeDemoImage(image, { contentBytes: 4 * 1024 * 1024, seed: 3 });
      const imported = spawnSync(rackside, ['images', 'import', image, '--name', 'tiny', '--json', '--data', data], {
        env: environment,
        cwd: '/',
        encoding: 'utf8',
      });
      expect(JSON.parse(succeeded(imported))).toMatchObject({ name: 'tiny' });
    } finally {
      station.kill('SIGINT');
      await exited;
    }
    expect(station.exitCode).toBe(0);
  });
});
