// Where the program's own files are: in the checkout, in what electron-vite builds from it (out/main, with its chunks), and in the
// desktop package, whose boot kit lies beside the asar.
import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';

const BUILT = `${sep}out${sep}main`;

/** The folder above `out`: the checkout, or the package's app.asar (app.asar.unpacked for a station in plain Node). */
export const programFolder = (): string => {
  const here = import.meta.dirname;
  const built = here.lastIndexOf(BUILT);
  return import.meta.filename.endsWith('.ts') || built < 0 ? join(here, '..') : here.slice(0, built);
};

export const defaultKitFolder = (): string => {
  const inCheckout = join(programFolder(), 'assets', 'bootkit');
  const inPackage = join(programFolder(), '..', 'bootkit');
  return !existsSync(inCheckout) && existsSync(join(inPackage, 'kit.json')) ? inPackage : inCheckout;
};

export const defaultBundleFolder = (): string => join(programFolder(), 'out', 'renderer');
