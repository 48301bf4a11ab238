// Where UEFI has an entry of ours, the next boot goes straight to it (BootNext, UEFI 2.10 section 3.3); everywhere else the
// station's "boot local" answer does the same over the network.
import { parseBootOrder } from './deploy/boot-entry.ts';
import type { Tools } from './disk/tools.ts';

const OURS = 'Rackside: ';

/** True where the firmware took it; without efibootmgr or an entry of ours nothing is done. */
export const setBootEntryOnce = async (tools: Tools): Promise<boolean> => {
  const listed = await tools.run('efibootmgr', []);
  if (listed.code !== 0) return false;
  const entry = parseBootOrder(listed.stdout).entries.find(({ label }) => label.startsWith(OURS));
  if (entry === undefined) return false;
  return (await tools.run('efibootmgr', ['--bootnext', entry.id])).code === 0;
};
