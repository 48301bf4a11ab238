// Where an Electron runtime is, if there is one: the npm package's own download, or a folder named by Electron's environment
// variable. Requiring `electron` in plain Node would start that download, so files are looked at instead.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = join(import.meta.dirname, '..', 'node_modules', 'electron');

/** Path of the executable, or null. */
export const findElectron = (): string | null => {
  const pathFile = join(PACKAGE, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : process.platform === 'win32' ? 'electron.exe' : 'electron';
  const folder = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(PACKAGE, 'dist');
  const executable = join(folder, name);
  return existsSync(executable) ? executable : null;
};
