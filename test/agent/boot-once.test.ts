import { expect, test } from 'vitest';
import { setBootEntryOnce } from '../../agent/boot-once.ts';
import type { Tools } from '../../agent/disk/tools.ts';

const LISTED = [
  'BootCurrent: 0003',
  'BootOrder: 0003,0001,00A7',
  'Boot0001* debian\tHD(1,GPT,…)/File(\\EFI\\debian\\shimx64.efi)',
  'Boot0003* UEFI: PXE IPv4\tPciRoot(0x0)',
  'Boot00A7* Rackside: web-server\tHD(2,GPT,…)',
].join('\n');

const toolsWith = (code: number, stdout: string) => {
  const runs: string[] = [];
  const tools: Tools = {
    run: async (program, args) => {
      runs.push([program, ...args].join(' '));
      return { code, stdout, stderr: '' };
    },
  };
  return { runs, tools };
};

test('our entry is started once at the next boot; the order stays as it is', async () => {
  const { runs, tools } = toolsWith(0, LISTED);
  expect(await setBootEntryOnce(tools)).toBe(true);
  expect(runs).toEqual(['efibootmgr', 'efibootmgr --bootnext 00A7']);
});

test.each([
  ['no efibootmgr', 127, ''],
  ['firmware without variables', 2, LISTED],
  ['no entry of ours', 0, LISTED.replace('Rackside: ', 'rackside-')],
  ['nothing listed', 0, ''],
])('%s: nothing is set', async (_what, code, stdout) => {
  const { runs, tools } = toolsWith(code, stdout);
  expect(await setBootEntryOnce(tools)).toBe(false);
  expect(runs).toEqual(['efibootmgr']);
});
