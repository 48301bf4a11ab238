// A stand-in for the folder of Electron's Linux runtime, as its release zip holds it: the names that electron-builder looks for,
// and an executable that carries the sentinel before which @electron/fuses writes (electron/docs/tutorial/fuses).
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
/** Schema version 1, then nine fuses, all as Electron ships them. */
const FUSE_WIRE = Buffer.from([1, 9, ...Buffer.from('100001101')]);

const FILES = ['LICENSE', 'LICENSES.chromium.html', 'icudtl.dat', 'resources.pak', 'libffmpeg.so', 'locales/en-US.pak', 'locales/de.pak'];

export const writeElectronDist = (folder: string, version: string): void => {
  for (const sub of ['locales', 'resources']) mkdirSync(join(folder, sub), { recursive: true });
  for (const file of FILES) writeFileSync(join(folder, file), file);
  writeFileSync(join(folder, 'version'), version);
  writeFileSync(join(folder, 'resources', 'default_app.asar'), '');
  for (const program of ['electron', 'chrome-sandbox', 'chrome_crashpad_handler']) {
    writeFileSync(
      join(folder, program),
      Buffer.concat([Buffer.from(`\u007fELF ${program} `), Buffer.from(SENTINEL), FUSE_WIRE, Buffer.alloc(64)]),
    );
    chmodSync(join(folder, program), 0o755);
  }
};
