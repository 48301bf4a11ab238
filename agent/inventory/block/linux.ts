// The machine's disks from /sys/block (Linux Documentation/ABI/stable/sysfs-block), opened read-only through /dev.
import { open } from 'node:fs/promises';
import type { HardwareSource } from '../source.ts';
import type { DiskAttributes, DiskDevice, DiskReader } from './device.ts';
import { cleanId, serialFromPage80, wwnFromKernel, wwnFromPage83 } from './identity.ts';

/** Not disks: memory, loops, stacked devices, optical and floppy drives, boot areas of eMMC, hidden NVMe paths. */
const NOT_A_DISK = /^(loop|ram|zram|md|dm-|sr|fd|nbd|nullb|rbd|drbd|bcache|zd)|^mmcblk\d+(boot\d+|rpmb)$|^nvme\d+c\d+n\d+$/;

/** sysfs counts in 512-byte units whatever the sector size is. */
const SYSFS_SECTOR_BYTES = 512;

export type LinuxDisksOptions = {
  /** Device paths whose hardware refuses writes: those that were read-only before agent/boot/stage2-init made all of them so. */
  readonly writeProtected?: ReadonlySet<string>;
  /** Device paths that the agent was booted from, as agent/boot/stage1-init found them. */
  readonly bootMedia?: ReadonlySet<string>;
};

const diskNames = async (source: HardwareSource): Promise<readonly string[]> =>
  (await source.list('/sys/block')).filter((name) => !NOT_A_DISK.test(name)).slice(0, 512);

const devicePath = (name: string): string => `/dev/${name.replaceAll('!', '/')}`;

/** NVMe says how its controllers are reached; a shared namespace hangs below a subsystem with one folder per path. */
const nvmeTransports = async (source: HardwareSource, folder: string): Promise<readonly string[]> => {
  const own = await source.readText(`${folder}/device/transport`);
  if (own !== null) return [own];
  const controllers = (await source.list(`${folder}/device`)).filter((entry) => /^nvme\d+$/.test(entry));
  const transports = await Promise.all(controllers.map((name) => source.readText(`${folder}/device/${name}/transport`)));
  return transports.filter((transport) => transport !== null);
};

/** How a disk is reached, told from its place in the device tree; the first rule that fits decides. */
export const transportOf = (name: string, tree: string, vendor: string | null, nvme: readonly string[]): DiskAttributes['transport'] => {
  if (name.startsWith('nvme')) return nvme.every((transport) => transport === 'pcie') ? 'nvme' : 'nvme-over-fabrics';
  if (name.startsWith('mmcblk')) return 'mmc';
  if (/\/usb\d+\//.test(tree)) return 'usb';
  if (/\/rport-\d/.test(tree) || /\/fc_host\//.test(tree)) return 'fibre-channel';
  if (/\/session\d+\//.test(tree)) return 'iscsi';
  if (name.startsWith('vd')) return 'virtio';
  // SATA disks behind a SAS controller name ATA as their vendor.
  if (/\/ata\d+\//.test(tree) || vendor === 'ATA') return 'sata';
  if (/\/end_device-\d/.test(tree)) return 'sas';
  return name.startsWith('sd') ? 'scsi' : 'unknown';
};

const usbSerial = async (source: HardwareSource, tree: string): Promise<string | null> => {
  const match = /^(.*\/usb\d+\/(?:[\d.-]+\/)*[\d.-]+)\//.exec(tree);
  return match === null ? null : source.readText(`${match[1]}/serial`);
};

const readAttributes = async (source: HardwareSource, name: string, options: LinuxDisksOptions): Promise<DiskAttributes | null> => {
  const folder = `/sys/block/${name}`;
  const text = async (file: string): Promise<string | null> => cleanId(await source.readText(`${folder}/${file}`));
  const number = async (file: string): Promise<number> => Number((await text(file)) ?? 0) || 0;
  const sizeBytes = (await number('size')) * SYSFS_SECTOR_BYTES;
  // An empty card reader has a name and no medium.
  if (sizeBytes === 0 || (await text('hidden')) === '1') return null;
  const tree = (await source.realPath(folder)) ?? '';
  const vendor = await text('device/vendor');
  const nvme = name.startsWith('nvme') ? await nvmeTransports(source, folder) : [];
  const transport = transportOf(name, tree, vendor, nvme);
  const rotational = await text('queue/rotational');
  const path = devicePath(name);
  const logicalSectorBytes = (await number('queue/logical_block_size')) || 512;
  return {
    path,
    serial:
      serialFromPage80(await source.readBytes(`${folder}/device/vpd_pg80`)) ??
      (await text('device/serial')) ??
      (await text('serial')) ??
      cleanId(await usbSerial(source, tree)),
    wwn:
      wwnFromKernel(await text('wwid')) ??
      wwnFromKernel(await text('device/wwid')) ??
      wwnFromPage83(await source.readBytes(`${folder}/device/vpd_pg83`)),
    sizeBytes,
    model: (await text('device/model')) ?? (await text('device/name')),
    // NVMe and virtio have a PCI id in this file, not a name.
    vendor: vendor === null || vendor.startsWith('0x') ? null : vendor,
    transport,
    // virtio reports "rotational" for want of knowledge.
    kind: rotational === '0' ? 'ssd' : rotational === '1' && transport !== 'virtio' ? 'hdd' : 'unknown',
    logicalSectorBytes,
    physicalSectorBytes: (await number('queue/physical_block_size')) || logicalSectorBytes,
    // A memory card in its slot counts as fixed for the kernel; eMMC, which is soldered in, calls itself MMC.
    removable: (await text('removable')) === '1' || transport === 'usb' || (transport === 'mmc' && (await text('device/type')) === 'SD'),
    readOnlyHardware: options.writeProtected?.has(path) ?? false,
    bootMedia: options.bootMedia?.has(path) ?? false,
  };
};

/** A file or block device as a read-only {@link DiskReader}. */
export const openReader = async (path: string, sizeBytes: number): Promise<DiskReader> => {
  const handle = await open(path, 'r');
  return {
    sizeBytes,
    read: async (offsetBytes, lengthBytes) => {
      const wanted = Math.max(0, Math.min(lengthBytes, sizeBytes - offsetBytes));
      const bytes = Buffer.alloc(wanted);
      let done = 0;
      while (done < wanted) {
        const { bytesRead } = await handle.read(bytes, done, wanted - done, offsetBytes + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    },
    close: () => handle.close(),
  };
};

/** Every disk of the running machine, sorted by name. Their content is not looked at. */
export const listLinuxDisks = async (source: HardwareSource, options: LinuxDisksOptions = {}): Promise<readonly DiskDevice[]> => {
  const names = await diskNames(source);
  const all = await Promise.all(names.map((name) => readAttributes(source, name, options)));
  return all
    .filter((attributes) => attributes !== null)
    .map((attributes) => ({ attributes, open: () => openReader(attributes.path, attributes.sizeBytes) }));
};
