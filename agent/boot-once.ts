// Where UEFI has an entry of ours, the next boot goes straight to it (BootNext, UEFI 2.10 section 3.3); everywhere else the
// station's "boot local" answer does the same over the network.
import { parseBootOrder } from './deploy/boot-entry.ts';
import type { Tools } from './disk/tools.ts';

const OURS = 'Rackside: ';

/** Never fails: without efibootmgr or an entry it does nothing. */
export const setBootEntryOnce = async (tools: Tools): Promise<void> => {
  const listed = await tools.run('efibootmgr', []);
  if (listed.code !== 0) return;
  const entry = parseBootOrder(listed.stdout).entries.find(({ label }) => label.startsWith(OURS));
  if (entry !== undefined) await tools.run('efibootmgr', ['--bootnext', entry.id]);
};
