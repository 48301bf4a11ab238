// Machines of the software rack: real makes with their real quirks, as a `HardwareSource` each. Everything that must be unique
// (serials, UUIDs, MACs) follows from the index, so that machine 17 is the same one in every run. Disks are added by the rack.
import { createHash } from 'node:crypto';
import type { CommandResult, FixtureMachine, HardwareSource } from '../../agent/inventory/source.ts';
import { fixtureSource } from '../../agent/inventory/source.ts';
import { buildLldpFrame, tcpdumpText } from './lldp-build.ts';
import type { Make } from './make.ts';
import { OTHERS } from './makes-others.ts';
import { SERVERS } from './makes-servers.ts';
import { buildSmbios, uuidBytes } from './smbios-build.ts';

const MAKES = { ...SERVERS, ...OTHERS };
export type HardwareKind = keyof typeof MAKES;
export const HARDWARE_KINDS = Object.keys(MAKES) as readonly HardwareKind[];

export type HardwareOptions = {
  readonly firmware?: 'bios' | 'uefi';
  readonly secureBoot?: boolean;
  /** Switch that the first interface is plugged into; null: nothing speaks LLDP there. */
  readonly lldp?: { readonly systemName: string; readonly portId: string; readonly vlan?: number } | null;
  readonly memoryBytes?: number;
  /** IPv4 CIDR of the first interface. */
  readonly address?: string;
};

export type RackHardware = {
  readonly kind: HardwareKind;
  /** Of its files and commands, for tests that change a few. */
  readonly machine: FixtureMachine;
  readonly source: HardwareSource;
  readonly macs: readonly string[];
  /** The interface it boots from. */
  readonly bootMac: string;
  readonly uuid: string;
  /** As DHCP option 97 carries it: the type byte 0, then the UUID in SMBIOS order. */
  readonly option97: Uint8Array;
  /** What the maker wrote as system serial: filler on some makes. */
  readonly serial: string;
  readonly firmware: 'bios' | 'uefi';
  readonly secureBoot: boolean;
  readonly architecture: 'x86_64';
  readonly bladeSlot: string | null;
};

const digest = (words: string): Buffer => createHash('sha256').update(words).digest();

/** Letters and digits without look-alikes, as serial numbers have them; at most 32. */
const code = (words: string, length: number): string => {
  const alphabet = '23456789BCDFGHJKLMNPQRSTVWXYZ';
  return [...digest(words).subarray(0, length)].map((byte) => alphabet[byte % alphabet.length]).join('');
};

/** A version 4 UUID that follows from the words. */
const uuidOf = (words: string): string => {
  const hex = digest(words).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const hexOf = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

const macOf = (oui: string, index: number, port: number): string => {
  const low = index * 8 + port;
  return `${oui}:${hexOf((low >> 16) & 0xff, 2)}:${hexOf((low >> 8) & 0xff, 2)}:${hexOf(low & 0xff, 2)}`;
};

const cpuinfo = (make: Make): string => {
  const blocks: string[] = [];
  for (let thread = 0; thread < 2; thread++) {
    for (let socket = 0; socket < make.cpu.sockets; socket++) {
      for (let core = 0; core < make.cpu.coresPerSocket; core++) {
        if (thread === 1 && !make.cpu.hyperThreading) continue;
        blocks.push(
          [
            `processor\t: ${blocks.length}`,
            `vendor_id\t: ${make.cpu.vendor}`,
            `cpu family\t: ${make.cpu.family}`,
            `model\t\t: ${make.cpu.modelNumber}`,
            `model name\t: ${make.cpu.model}`,
            `stepping\t: ${make.cpu.stepping}`,
            `physical id\t: ${socket}`,
            `core id\t\t: ${core}`,
          ].join('\n'),
        );
      }
    }
  }
  return `${blocks.join('\n\n')}\n`;
};

const GLOBAL_VARIABLE = '8be4df61-93ca-11d2-aa0d-00e098032b8c';

const efiFiles = (secureBoot: boolean): Record<string, Uint8Array> => {
  const variable = (name: string, ...value: number[]): [string, Uint8Array] => [
    `/sys/firmware/efi/efivars/${name}-${GLOBAL_VARIABLE}`,
    Uint8Array.from([6, 0, 0, 0, ...value]),
  ];
  return Object.fromEntries([
    variable('SecureBoot', secureBoot ? 1 : 0),
    variable('SetupMode', 0),
    variable('BootCurrent', 4, 0),
    variable('BootOrder', 4, 0, 0, 0, 1, 0),
  ]);
};

/** A machine of the given make. `index` from 0; the same index gives the same machine. */
export const makeHardware = (kind: HardwareKind, index: number, options: HardwareOptions = {}): RackHardware => {
  const make: Make = MAKES[kind];
  const firmware = options.firmware ?? make.firmware;
  const secureBoot = firmware === 'uefi' && (options.secureBoot ?? make.secureBoot);
  const name = `${kind} ${index}`;
  const tag = code(name, 7);
  const slot = (index % 16) + 1;
  const uuid = make.uuid?.(index) ?? uuidOf(name);
  const moduleBytes = (options.memoryBytes ?? make.memoryBytes) / make.memoryModules;
  const fields = make.smbios({ index, tag, slot, code: (length) => code(`${name} part`, length) });
  const smbios = buildSmbios(
    {
      ...fields,
      system: { ...fields.system, uuid },
      processors: Array.from({ length: make.cpu.sockets }, (_unused, socket) => ({
        socket: `CPU${socket + 1}`,
        manufacturer: make.cpu.vendor,
        version: make.cpu.model,
        id: make.cpu.id,
        cores: make.cpu.coresPerSocket,
        threads: make.cpu.coresPerSocket * (make.cpu.hyperThreading ? 2 : 1),
      })),
      memory: Array.from({ length: make.memoryModules }, (_unused, module) => ({
        locator: `A${module + 1}`,
        sizeBytes: moduleBytes,
        manufacturer: make.memoryMaker,
        partNumber: 'M393A2K40BB2-CTD',
        speedMts: 2666,
        serial: code(`${name} module ${module}`, 8),
      })),
    },
    make.smbiosVersion,
  );

  const macs = Array.from({ length: make.nics.ports }, (_unused, port) => macOf(make.oui, index, port));
  const nicNames = macs.map((_mac, port) => `${make.nics.prefix}${port + make.nics.first}`);
  const files: Record<string, string | Uint8Array> = {
    '/sys/firmware/dmi/tables/smbios_entry_point': smbios.entryPoint,
    '/sys/firmware/dmi/tables/DMI': smbios.table,
    '/proc/cpuinfo': cpuinfo(make),
    '/proc/meminfo': `MemTotal:       ${Math.floor(((options.memoryBytes ?? make.memoryBytes) * 0.97) / 1024)} kB\n`,
    ...(firmware === 'uefi' ? efiFiles(secureBoot) : {}),
    ...(make.fru === undefined ? {} : { '/dev/ipmi0': '' }),
  };
  const links: Record<string, string> = {};
  for (const [port, mac] of macs.entries()) {
    const folder = `/sys/class/net/${nicNames[port]}`;
    const pci = `0000:${make.nics.bus}:00.${port}`;
    const device = `/sys/devices/pci0000:${make.nics.bus}/${pci}`;
    Object.assign(files, {
      [`${folder}/address`]: `${mac}\n`,
      [`${folder}/type`]: '1\n',
      [`${folder}/addr_assign_type`]: '0\n',
      [`${folder}/carrier`]: port === 0 ? '1\n' : '0\n',
      [`${folder}/speed`]: port === 0 ? `${make.nics.speedMbps}\n` : '-1\n',
      [`/sys/bus/pci/devices/${pci}/vendor`]: `0x${make.nics.pciId.slice(0, 4)}\n`,
      [`/sys/bus/pci/devices/${pci}/device`]: `0x${make.nics.pciId.slice(5)}\n`,
      [`/sys/bus/pci/devices/${pci}/class`]: '0x020000\n',
    });
    links[`${folder}/device`] = device;
    links[`${folder}/device/driver`] = `/sys/bus/pci/drivers/${make.nics.driver}`;
    links[`/sys/bus/pci/devices/${pci}/driver`] = `/sys/bus/pci/drivers/${make.nics.driver}`;
  }
  for (const device of make.pci) {
    const folder = `/sys/bus/pci/devices/${device.address}`;
    files[`${folder}/vendor`] = `0x${device.id.slice(0, 4)}\n`;
    files[`${folder}/device`] = `0x${device.id.slice(5)}\n`;
    files[`${folder}/class`] = `0x${device.classCode}\n`;
    if (device.driver !== null) links[`${folder}/driver`] = `/sys/bus/pci/drivers/${device.driver}`;
  }
  const lldp = options.lldp === undefined ? { systemName: 'rack-a-tor', portId: `Ethernet1/${index + 1}`, vlan: 77 } : options.lldp;
  const machine: FixtureMachine = {
    files,
    links,
    addresses: { [nicNames[0] ?? '']: [options.address ?? `10.77.${1 + (index >> 8)}.${index & 0xff}/16`] },
    commands: (command, args): CommandResult | null => {
      if (command === 'tcpdump') {
        const heard = lldp !== null && args.includes(nicNames[0] ?? '');
        return heard ? { code: 0, stdout: tcpdumpText(buildLldpFrame(lldp)), stderr: '' } : { code: null, stdout: '', stderr: '' };
      }
      if (command === 'dmesg') return { code: 0, stdout: make.kernelLog ?? '', stderr: '' };
      if (command === 'ipmitool' && make.fru !== undefined) return { code: 0, stdout: make.fru(tag), stderr: '' };
      return null;
    },
  };
  return {
    kind,
    machine,
    source: fixtureSource(machine),
    macs,
    bootMac: macs[0] ?? '',
    uuid,
    firmware,
    secureBoot,
    architecture: 'x86_64',
    option97: Uint8Array.from([0, ...uuidBytes(uuid, (make.smbiosVersion?.major ?? 3) > 2 || (make.smbiosVersion?.minor ?? 0) >= 6)]),
    serial: fields.system?.serial ?? '',
    bladeSlot: make.isBlade ? String(slot) : null,
  };
};
