// The firmware's boot entries and their order (efibootmgr(8) -v), as the source of an image remembers them. They are in the firmware and not on the
// disk, so that no image has them otherwise.
import type { Tools } from '../disk/tools.ts';
import type { FirmwareBoot } from '../protocol/firmware-boot.ts';

const ENTRIES_MOST = 256;
const TIMEOUT_MS = 20_000;

/** Never fails: what cannot be read is said in `note`. */
export const readFirmwareBoot = async (tools: Tools, kind: 'bios' | 'uefi'): Promise<FirmwareBoot> => {
  const nothing = { kind, order: [], current: null, entries: [] };
  if (kind === 'bios') return nothing;
  const read = await tools.run('efibootmgr', ['-v'], { timeoutMs: TIMEOUT_MS });
  return read.code === 0
    ? parseFirmwareBoot(read.stdout)
    : { ...nothing, note: `efibootmgr: ${read.stderr.trim().split('\n')[0] ?? ''}`.toWellFormed().slice(0, 300) };
};

/** `Boot0001* debian⇥HD(1,GPT,…)/File(\EFI\debian\shimx64.efi)`; from version 18 on, indented lines with the raw path follow. */
export const parseFirmwareBoot = (output: string): FirmwareBoot => ({
  kind: 'uefi',
  order: (/^BootOrder: ([0-9A-Fa-f,]+)\s*$/m.exec(output)?.[1] ?? '')
    .split(',')
    .filter((id) => /^[0-9A-Fa-f]{4}$/.test(id))
    .map((id) => id.toUpperCase())
    .slice(0, ENTRIES_MOST),
  current: /^BootCurrent: ([0-9A-Fa-f]{4})\s*$/m.exec(output)?.[1]?.toUpperCase() ?? null,
  entries: [...output.matchAll(/^Boot([0-9A-Fa-f]{4})([* ]) ?([^\t\n]*)(?:\t([^\n]*))?$/gm)]
    .slice(0, ENTRIES_MOST)
    .map(([, id = '', mark, label = '', path = '']) => ({
      id: id.toUpperCase(),
      active: mark === '*',
      label: label.trim().toWellFormed().slice(0, 256),
      path: path.trim().toWellFormed().slice(0, 1024),
    })),
});
