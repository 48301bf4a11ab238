// The firmware's boot entry for the new system (efibootmgr(8)). All of it may fail on odd firmware without harm: the station's
// "boot local" answer chain-loads the same loader, so failures here are notes.
import type { Tools } from '../disk/tools.ts';
import type { BootPath } from './local-boot.ts';

const LABEL_MOST = 40;
const NETWORK_ENTRY = /PXE|HTTP|Network|IPv[46]|NIC\b|LAN\b|Ethernet/i;

export type BootOrder = {
  readonly order: readonly string[];
  readonly entries: readonly { readonly id: string; readonly label: string }[];
};

/** Makes or renews the entry, keeps network-first machines network-first, and starts the new system once at the next boot. */
export const setBootEntry = async (tools: Tools, devicePath: string, boot: BootPath, imageName: string): Promise<string> => {
  if (boot.localBoot.kind === 'bios') return 'BIOS: the disk order stays as it is';
  if (boot.partition === null || boot.localBoot.loaderPath === null)
    return 'no boot entry: the image has no loader on an EFI system partition';
  const label = `Rackside: ${imageName}`.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, LABEL_MOST);
  const before = await tools.run('efibootmgr', []);
  if (before.code !== 0) return `no boot entry (${firstLine(before.stderr)}); the station starts the disk by its loader`;
  const was = parseBootOrder(before.stdout);
  for (const { id, label: old } of was.entries)
    if (old.startsWith('Rackside: ')) await tools.run('efibootmgr', ['--bootnum', id, '--delete-bootnum']);
  const loader = boot.localBoot.loaderPath.replaceAll('/', '\\');
  const made = await tools.run('efibootmgr', [
    '--create',
    '--disk',
    devicePath,
    '--part',
    `${boot.partition}`,
    '--label',
    label,
    '--loader',
    loader,
  ]);
  const entry = parseBootOrder(made.stdout).entries.find((one) => one.label === label);
  if (made.code !== 0 || entry === undefined) return `no boot entry (${firstLine(made.stderr)}); the station starts the disk by its loader`;
  const order = orderWith(was, entry.id);
  const ordered = await tools.run('efibootmgr', ['--bootorder', order.join(',')]);
  const next = await tools.run('efibootmgr', ['--bootnext', entry.id]);
  const trouble = [ordered, next].find(({ code }) => code !== 0);
  const place = order[0] === entry.id ? 'first' : 'last, behind the network';
  return trouble === undefined
    ? `entry Boot${entry.id}, ${place} in order, next to boot`
    : `entry Boot${entry.id}; its order was refused (${firstLine(trouble.stderr)})`;
};

/** The new order: our old entries gone; the new one first, or last where the machine boots the network first. */
export const orderWith = (was: BootOrder, id: string): readonly string[] => {
  const ours = new Set(was.entries.filter(({ label }) => label.startsWith('Rackside: ')).map((one) => one.id));
  const first = was.entries.find((one) => one.id === was.order[0]);
  const rest = was.order.filter((one) => !ours.has(one) && one !== id);
  return first !== undefined && NETWORK_ENTRY.test(first.label) ? [...rest, id] : [id, ...rest];
};

/** Reads what `efibootmgr` prints, with or without `-v` (device paths follow a tab). */
export const parseBootOrder = (output: string): BootOrder => {
  const order = /^BootOrder: ([0-9A-Fa-f,]+)$/m.exec(output)?.[1]?.split(',') ?? [];
  const entries = [...output.matchAll(/^Boot([0-9A-Fa-f]{4})[* ] ?([^\t\n]*)/gm)].map(([, id = '', label = '']) => ({
    id,
    label: label.trim(),
  }));
  return { order, entries };
};

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';
