// Network interfaces from /sys/class/net (Linux Documentation/ABI/testing/sysfs-class-net): real devices only, with the
// MAC burnt into the hardware where the kernel or ethtool can tell it.
import type { NicReading } from '../protocol/inventory.ts';
import { pciAddressIn } from './pci.ts';
import type { HardwareSource } from './source.ts';

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/** A MAC in lower-case colon form, or null for anything else and for the all-zero one. */
export const parseMac = (text: string | null): string | null => {
  const mac = (text ?? '').trim().toLowerCase();
  return MAC.test(mac) && mac !== '00:00:00:00:00:00' ? mac : null;
};

const numberOrNull = (text: string | null): number | null => {
  const value = Number(text ?? '');
  return text === null || text === '' || !Number.isFinite(value) || value <= 0 ? null : value;
};

/** addr_assign_type 0 says "permanent"; a random or set address sends us to ethtool. */
const permanentMac = async (source: HardwareSource, name: string, mac: string): Promise<string | null> => {
  if ((await source.readText(`/sys/class/net/${name}/addr_assign_type`)) === '0') return mac;
  const answer = await source.run('ethtool', ['-P', name], { timeoutMs: 2000 });
  return answer.code === 0 ? parseMac(answer.stdout.split(': ').at(-1) ?? null) : null;
};

const readNic = async (source: HardwareSource, name: string, addresses: readonly string[]): Promise<NicReading | null> => {
  const folder = `/sys/class/net/${name}`;
  const device = await source.realPath(`${folder}/device`);
  // Bridges, bonds, VLANs and tunnels have no device behind them; 1 is Ethernet.
  if (device === null || (await source.readText(`${folder}/type`)) !== '1') return null;
  const mac = parseMac(await source.readText(`${folder}/address`));
  if (mac === null) return null;
  const driver = await source.realPath(`${folder}/device/driver`);
  const pciAddress = pciAddressIn(device);
  const pciFolder = pciAddress === null ? null : `/sys/bus/pci/devices/${pciAddress}`;
  const hex = async (file: string): Promise<string> =>
    ((await source.readText(`${pciFolder}/${file}`)) ?? '').replace(/^0x/, '').toLowerCase();
  const carrier = await source.readText(`${folder}/carrier`);
  return {
    name,
    mac,
    permanentMac: await permanentMac(source, name, mac),
    driver: driver === null ? null : driver.slice(driver.lastIndexOf('/') + 1),
    // Unplugged links read -1 or refuse to be read.
    speedMbps: numberOrNull(await source.readText(`${folder}/speed`)),
    carrier: carrier === '1' ? true : carrier === '0' ? false : null,
    pciAddress,
    pciId: pciFolder === null ? null : `${await hex('vendor')}:${await hex('device')}`,
    addresses: [...addresses],
  };
};

/** Reads the Ethernet devices, sorted by name. */
export const readNics = async (source: HardwareSource): Promise<readonly NicReading[]> => {
  const addresses = await source.addresses();
  const names = (await source.list('/sys/class/net')).filter((name) => name !== 'lo').slice(0, 256);
  const nics = await Promise.all(names.map((name) => readNic(source, name, addresses[name] ?? [])));
  return nics.filter((nic) => nic !== null);
};

/** Network of an IPv4 CIDR address: `10.77.0.20/24` gives `10.77.0.0/24`; null for anything else. */
export const subnetOf = (cidr: string): string | null => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (match === null) return null;
  const parts = match.slice(1).map(Number);
  const bits = parts[4] ?? 33;
  if (bits > 32 || parts.slice(0, 4).some((part) => part > 255)) return null;
  const value = parts.slice(0, 4).reduce((sum, part) => sum * 256 + part, 0);
  const size = 2 ** (32 - bits);
  const network = value - (value % size);
  return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join('.')}/${bits}`;
};
