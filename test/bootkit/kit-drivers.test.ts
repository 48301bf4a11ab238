// The built kit against the kernel package it was made from: every storage and network driver is in, but those named here, and
// each is Debian's own file with its signature, which Secure Boot's lockdown asks for.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import type { BootKit, ContentLine } from '../../scripts/bootkit/kit.ts';
import { REPOSITORY } from '../../scripts/bootkit/options.ts';

const KIT = join(REPOSITORY, 'assets/bootkit');
const CACHE = join(REPOSITORY, '.cache/bootkit');
const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

/** The unpacked modules of the kit's kernel, where this computer has built the kit itself. */
const treeOf = (kernelVersion: string): string | null => {
  const names = existsSync(CACHE) ? readdirSync(CACHE).filter((name) => name.startsWith('modules-')) : [];
  const homes = names.map((name) => join(CACHE, name, 'lib/modules', kernelVersion));
  return homes.find((home) => existsSync(join(home, 'modules.dep'))) ?? null;
};

const kit = existsSync(join(KIT, 'kit.json')) ? read<BootKit>(join(KIT, 'kit.json')) : null;
const tree = kit === null ? null : treeOf(kit.kernelVersion);

/** No PC Card, phone or modem is a rack machine's network card; a back end serves virtual machines. */
const NO_RACK_CARDS = [
  ...['3com/3c574_cs', '3com/3c589_cs', '8390/axnet_cs', '8390/pcnet_cs', 'amd/nmclan_cs', 'fujitsu/fmvj18x_cs'],
  ...['smsc/smc91c92_cs', 'xircom/xirc2ps_cs'],
].map((name) => `drivers/net/ethernet/${name}`);
const PHONES = 'cdc-phonet cdc_mbim hso huawei_cdc_ncm ipheth kalmia lg-vl600 qmi_wwan sierra_net'
  .split(' ')
  .map((name) => `drivers/net/usb/${name}`);
const LEFT_OUT = [...NO_RACK_CARDS, ...PHONES, 'drivers/net/xen-netback/xen-netback'];
/** Disks on the network, and the serving side of NVMe over a network. */
const NETWORK_DISKS = [
  ...['drivers/block/aoe/aoe', 'drivers/block/drbd/drbd', 'drivers/block/nbd', 'drivers/block/rbd'],
  ...['drivers/nvme/host/nvme-rdma', 'drivers/nvme/host/nvme-tcp', 'drivers/scsi/fcoe/fcoe', 'drivers/scsi/iscsi_tcp'],
  ...['nvme-fcloop', 'nvme-loop', 'nvmet-rdma', 'nvmet-tcp'].map((name) => `drivers/nvme/target/${name}`),
];

const NETWORK = ['ethernet/', 'usb/', 'hyperv/', 'vmxnet3/', 'xen-', 'virtio_net', 'phy/', 'mdio/'].map((name) => `drivers/net/${name}`);
const STORAGE = ['scsi/', 'nvme/', 'ata/', 'block/', 'message/', 'mmc/', 'ufs/', 'usb/storage/', 'hv/', 'virtio/', 'xen/', 'md/'].map(
  (name) => `drivers/${name}`,
);

describe.skipIf(kit === null || tree === null)('the kit that this computer has built', () => {
  const home = tree ?? '';
  const contents = kit === null ? { stage1: [], stage2: [] } : read<Record<'stage1' | 'stage2', ContentLine[]>>(join(KIT, 'contents.json'));
  const inside = (lines: readonly ContentLine[]): ReadonlyMap<string, ContentLine> =>
    new Map(
      lines.flatMap((line) => {
        const path = /\/kernel\/(.*)\.ko$/.exec(line.path)?.[1];
        return path === undefined ? [] : [[path, line] as const];
      }),
    );
  const offered = (folders: readonly string[]): string[] =>
    readFileSync(join(home, 'modules.dep'), 'utf8')
      .split('\n')
      .map((line) => line.split(':')[0]?.replace(/^kernel\/(.*)\.ko$/, '$1') ?? '')
      .filter((path) => folders.some((folder) => path.startsWith(folder)));

  test.each([
    // iSCSI help of one card.
    ['stage 1', 'stage1', NETWORK, [...LEFT_OUT, 'drivers/net/ethernet/broadcom/cnic']],
    ['stage 2', 'stage2', [...NETWORK, ...STORAGE], [...LEFT_OUT, ...NETWORK_DISKS]],
  ] as const)('%s has every driver but those named', (_, stage, folders, left) => {
    const held = inside(contents[stage]);
    expect(offered(folders).length).toBeGreaterThan(150);
    expect(
      offered(folders)
        .filter((path) => !held.has(path))
        .toSorted(),
    ).toEqual([...left].toSorted());
  });

  test.each(['stage1', 'stage2'] as const)("%s: every module is the kernel package's file with its signature", (stage) => {
    const wrong = [...inside(contents[stage])].filter(([path, line]) => {
      const data = readFileSync(join(home, 'kernel', `${path}.ko`));
      const signed = data.subarray(-28).toString('latin1') === '~Module signature appended~\n';
      return !signed || line.sha256 !== createHash('sha256').update(data).digest('hex') || !line.package.startsWith('linux-image-');
    });
    expect(wrong.map(([path]) => path)).toEqual([]);
  });

  test('firmware of the cards that racks boot from is in stage 1, or the mirror has none', () => {
    const packages = new Set(kit?.packages.map(({ name }) => name));
    const held = contents.stage1.map(({ path }) => path.replace('usr/lib/firmware/', ''));
    const wanted = {
      'firmware-bnx2': /^bnx2\//,
      'firmware-bnx2x': /^bnx2x\//,
      'firmware-qlogic': /^qed\//,
      'firmware-realtek': /^rtl_nic\//,
    };
    const others = { 'firmware-misc-nonfree': /^(cxgb4\/t[56]fw|tigon\/)/, 'firmware-intel-misc': /^intel\/ice\// };
    for (const [name, pattern] of Object.entries({ ...wanted, ...others })) {
      if (packages.has(name)) expect({ name, held: held.some((path) => pattern.test(path)) }).toEqual({ name, held: true });
    }
  });
});
