// Builds the systems of layouts.ts as raw disks below .cache/test-image, once for each state of the packages and of these files.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { alone } from '../../../../scripts/bootkit/exclusive.ts';
import { buildBiosLoader, installBiosLoader } from '../../../../scripts/bootkit/grub.ts';
import { sha256Of } from '../../../../scripts/bootkit/kit.ts';
import { REPOSITORY } from '../../../../scripts/bootkit/options.ts';
import { layOut } from '../../../../scripts/bootkit/stage2.ts';
import { CACHE, loaderFiles, openPackages, rootFiles } from '../../../../scripts/bootkit/test-image.ts';
import { runInKit } from '../kit-shell.ts';
import type { Layout } from './layouts.ts';

export type SourceDisk = { readonly layout: Layout; readonly path: string };

const say = (line: string): void => void process.stderr.write(`source: ${line}\n`);

/** What the scripts of the layouts call. */
const HELPERS = `
disk=/dev/vdd
settle() {
  partx --update $disk 2>/dev/null || true
  tries=0
  until [ -b \${disk}1 ]; do tries=$((tries + 1)); [ $tries -lt 50 ] || exit 1; sleep 0.1; done
}
# Files of all sizes, empty and sparse ones, links and long names.
plain() {
  mkdir -p "$1/folder/in folder"
  for size in 0 1 511 4096 65537 3000001; do head -c $size /dev/urandom > "$1/folder/random-$size"; done
  echo "some text" > "$1/folder/in folder/a rather long name, with blanks and more than eight letters.txt"
  i=0
  while [ $i -lt 60 ]; do i=$((i + 1)); echo "$i" > "$1/folder/many-$i"; done
  rm "$1/folder/random-65537"
}
fill() {
  plain "$1"
  ln -s "in folder" "$1/folder/link"
  ln "$1/folder/random-511" "$1/folder/hard link"
  truncate -s 8M "$1/holes"
  printf end >> "$1/holes"
  chmod 4711 "$1/folder/random-4096"
  chown 1000:100 "$1/folder/random-1"
}
root() {
  cp -a tree/. "$1/"
  chown -R 0:0 "$1"
  mkdir -p "$1/srv"
  fill "$1/srv"
}
loader() { cp -r esp/. "$1/"; }
# with DEVICE WHAT TYPE: mounts, calls WHAT, unmounts.
with() {
  modprobe -q "$3" || true
  mkdir -p on
  mount -t "$3" "$1" on
  "$2" on
  umount on
}
modprobe -a -q dm_mod ext4 nls_ascii nls_utf8 || true
`;

/** The disk of a layout, built or found built. Nothing may write to it. */
export const buildSource = async (layout: Layout): Promise<SourceDisk> => {
  const path = join(REPOSITORY, `.cache/test-image/${layout.name}.raw`);
  const scratch = mkdtempSync(join(tmpdir(), 'rackside-source-'));
  try {
    const { key, loader } = await alone(CACHE, say, async () => {
      const packages = await openPackages(undefined, () => undefined);
      const texts = ['test-image.ts', 'test-image-files.ts'].map((name) => readFileSync(join(REPOSITORY, 'scripts/bootkit', name), 'utf8'));
      const wanted = sha256Of([packages.key, JSON.stringify({ ...layout, about: '' }), HELPERS, ...texts].join('\0'));
      const known = await readFile(`${path}.key`, 'utf8').catch(() => '');
      if (known === wanted && (await stat(path).catch(() => undefined))?.size === layout.sizeBytes) return { key: null, loader: null };
      say(`building the system "${layout.name}"`);
      const { root, modules, programs, mountTable, bios } = layout;
      const { entries, seconds } = await rootFiles(packages, CACHE, join(scratch, 'scratch'), {
        place: root,
        modules,
        programs,
        mountTable,
      });
      await layOut(entries, join(scratch, 'tree'), seconds);
      for (const file of await loaderFiles(packages, root)) {
        mkdirSync(dirname(join(scratch, 'esp', file.path)), { recursive: true });
        await writeFile(join(scratch, 'esp', file.path), file.data);
      }
      const core = [...(bios?.modules ?? []), ...LOADER_MODULES];
      return { key: wanted, loader: bios === null ? null : await buildBiosLoader(packages, bios.prefix, core, join(scratch, 'core')) };
    });
    if (key === null) return { layout, path };
    execFileSync('tar', ['-cf', join(scratch, 'job.tar'), '-C', scratch, 'tree', 'esp']);
    await mkdir(dirname(path), { recursive: true });
    const made = `${path}.new`;
    await rm(made, { force: true });
    writeFileSync(made, '');
    truncateSync(made, layout.sizeBytes);
    await runInKit({ text: `${HELPERS}\n${layout.make}\nsync\n`, disks: [{ path: made, readOnly: false }], tar: join(scratch, 'job.tar') });
    if (loader !== null && layout.bios !== null) await installBiosLoader(made, loader, layout.bios.coreLba);
    renameSync(made, path);
    await writeFile(`${path}.key`, key);
    return { layout, path };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

const LOADER_MODULES = ['normal', 'configfile', 'linux', 'echo', 'test', 'serial', 'terminal', 'search_fs_uuid', 'reboot', 'halt', 'sleep'];
