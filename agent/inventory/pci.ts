// PCI devices from /sys/bus/pci/devices, and which of them lack a driver or a firmware blob.
import type { Inventory } from '../protocol/inventory.ts';
import type { HardwareSource } from './source.ts';

export type PciReading = Inventory['pci'][number];
export type ReadingProblem = Inventory['problems'][number];

const PCI_ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

/** The last PCI address in a sysfs device path: virtio and USB devices hang below the PCI function that carries them. */
export const pciAddressIn = (devicePath: string): string | null =>
  devicePath
    .split('/')
    .filter((part) => PCI_ADDRESS.test(part))
    .at(-1) ?? null;

const hexOf = (text: string | null): string => (text ?? '').replace(/^0x/, '').toLowerCase();

const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Reads every PCI function: address, `vvvv:dddd`, 6-digit class code, driver or null. */
export const readPci = async (source: HardwareSource): Promise<readonly PciReading[]> => {
  const addresses = (await source.list('/sys/bus/pci/devices')).filter((name) => PCI_ADDRESS.test(name)).slice(0, 4096);
  const devices: PciReading[] = [];
  for (const address of addresses) {
    const folder = `/sys/bus/pci/devices/${address}`;
    const vendor = hexOf(await source.readText(`${folder}/vendor`));
    const device = hexOf(await source.readText(`${folder}/device`));
    if (vendor === '' || device === '') continue;
    const driver = await source.realPath(`${folder}/driver`);
    devices.push({
      address,
      id: `${vendor}:${device}`,
      classCode: hexOf(await source.readText(`${folder}/class`)),
      driver: driver === null ? null : lastPart(driver),
    });
  }
  return devices;
};

const WANTED_CLASSES: Readonly<Record<string, string>> = { '01': 'storage', '02': 'network' };

/** Storage and network functions that no driver claimed: the machine has them and we cannot use them. */
export const driverProblems = (devices: readonly PciReading[]): readonly ReadingProblem[] =>
  devices.flatMap((device) => {
    const kind = WANTED_CLASSES[device.classCode.slice(0, 2)];
    return kind === undefined || device.driver !== null
      ? []
      : [{ source: 'pci', message: `No driver for the ${kind} device ${device.id} at ${device.address}` }];
  });

/** Kernel log lines of a failed firmware load, each named by PCI id where the line names a PCI device. */
export const firmwareProblems = (kernelLog: string, devices: readonly PciReading[]): readonly ReadingProblem[] => {
  const seen = new Map<string, ReadingProblem>();
  for (const match of kernelLog.matchAll(
    /(?:(\S+) )?([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])(?: \S+)?: Direct firmware load for (\S+) failed/g,
  )) {
    const [, driver = '', address = '', file = ''] = match;
    const id = devices.find((device) => device.address === address)?.id ?? 'unknown id';
    if (seen.size < 64) {
      seen.set(`${address} ${file}`, {
        source: 'firmware',
        message: `${driver} device ${id} at ${address} lacks its firmware ${file}`.trim(),
      });
    }
  }
  return [...seen.values()];
};

/** Reads the kernel log for firmware that the boot kit does not carry. An unreadable log is no problem of the machine. */
export const readFirmwareProblems = async (source: HardwareSource, devices: readonly PciReading[]): Promise<readonly ReadingProblem[]> => {
  const log = await source.run('dmesg', [], { timeoutMs: 2000 });
  return log.code === 0 ? firmwareProblems(log.stdout, devices) : [];
};
