// The machine-id (machine-id(5)) and what is filed under it. It is emptied and not removed where systemd runs: an absent one makes the
// next start a "first boot", at which systemd resets every unit to its preset and may ask questions at the console.
import type { Found } from './found.ts';
import type { Tree } from './tree.ts';
import { resolve, textOf } from './tree.ts';

const SYSTEMD = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'];
const ID = /^[0-9a-f]{32}$/;
/** Of the Boot Loader Specification, in the root filesystem, a boot partition or an ESP. */
const ENTRY_FOLDERS = ['/boot/loader/entries', '/efi/loader/entries', '/loader/entries'];
const ENTRY = /^[0-9a-f]{32}-.+\.conf$/;

export const hasSystemd = async (tree: Tree): Promise<boolean> => {
  for (const path of SYSTEMD) if ((await tree.stat(path)) !== null) return true;
  return false;
};

export const findMachineId = async (tree: Tree): Promise<readonly Found[]> => {
  const found: Found[] = [];
  const systemd = await hasSystemd(tree);
  const add = (what: string, path: string, note: string, edit: Found['edit'] = { do: 'remove' }): void =>
    void found.push({ kind: 'machine-id', what, path, value: null, edit, note });
  const own = await resolve(tree, '/etc/machine-id', true);
  const text = (await textOf(tree, '/etc/machine-id'))?.trim() ?? '';
  if (own !== null && text !== '' && text !== 'uninitialized') {
    if (systemd) add('machine-id', own, 'systemd makes a new one at the next start.', { do: 'write', bytes: Buffer.alloc(0) });
    else add('machine-id', own, 'dbus-uuidgen --ensure makes a new one; D-Bus runs it when it starts.');
  }
  const bus = await tree.stat('/var/lib/dbus/machine-id');
  // Elsewhere it is a link to the other one.
  if (bus?.type === 'file' && bus.sizeBytes > 0)
    add("D-Bus's machine-id", '/var/lib/dbus/machine-id', 'D-Bus takes the one in /etc, or makes a new one, when it starts.');
  for (const name of await tree.list('/var/log/journal'))
    if (ID.test(name))
      add("journal under the source's machine-id", `/var/log/journal/${name}`, 'journald begins one under the new machine-id.');
  for (const folder of ENTRY_FOLDERS)
    for (const name of await tree.list(folder))
      if (ENTRY.test(name))
        add(
          "boot entry under the source's machine-id",
          `${folder}/${name}`,
          'Stays: copies start by it. Kernels that are installed later get entries under the new machine-id; then remove this one by hand.',
          { do: 'nothing' },
        );
  return found;
};
