// Scripts for iPXE (https://ipxe.org/scripting). Pure; every value put in was checked to need no quoting.
import type { InstallerHandOut } from '../recipes/installer-files.ts';
import { bootPaths } from './paths.ts';
import { stationUrl } from './situation.ts';
import type { StationPlace } from './situation.ts';

/**
 * What started iPXE. On UEFI `shim` is the loader by which a kernel is started that the firmware itself does not trust (Secure Boot), and
 * the machine's own disk.
 */
export type IpxeFirmware = { readonly kind: 'bios' } | { readonly kind: 'uefi'; readonly shim: string };

/** Loads the agent; retries for ever with a message, since a rack machine has nobody before it to press a key. */
export const ipxeAgentScript = (station: StationPlace, commandLine: string, firmware: IpxeFirmware): string => {
  const kernel = `boot/${bootPaths.kernel}`;
  return ipxeLinuxScript(station, { what: 'the agent', kernel, initrd: `boot/${bootPaths.stage1}`, commandLine }, firmware);
};

/** A vendor's installer. What iPXE would read in its words is taken out; nothing of it belongs on a kernel's command line. */
export const ipxeInstallerScript = (
  station: StationPlace,
  { commandLine, ...installer }: InstallerHandOut,
  firmware: IpxeFirmware,
): string => {
  const words = commandLine.replaceAll(/\$\{|&&|\|\|/g, '');
  return ipxeLinuxScript(station, { ...installer, what: 'the installer', commandLine: words }, firmware);
};

const ipxeLinuxScript = (
  station: StationPlace,
  { what, kernel, initrd, commandLine }: Omit<InstallerHandOut, 'name'> & { readonly what: string },
  firmware: IpxeFirmware,
): string => {
  const base = stationUrl(station);
  return lines(
    '#!ipxe',
    `echo Rackside: loading ${what} from ${base}`,
    ':again',
    'imgfree',
    // The name is for kernels that are UEFI programs, and are told their initrd by it.
    `kernel ${base}/${kernel} initrd=${initrd.split('/').at(-1) ?? ''} ${commandLine} || goto failed`,
    `initrd ${base}/${initrd} || goto failed`,
    // Secure Boot trusts the kernel by way of shim alone.
    ...(firmware.kind === 'bios' ? ['boot || goto failed'] : ['boot || goto shim', ':shim', 'imgfree', ...byShim(station, firmware.shim)]),
    ':failed',
    `echo Rackside: the station did not deliver ${what}. Check its network cable and whether it is still serving.`,
    'echo Rackside: trying again in 5 seconds',
    'sleep 5',
    'goto again',
  );
};

/**
 * BIOS: the first disk; where that refuses, `exit` hands over to its own boot order. UEFI: by GRUB as on every UEFI machine (many an iPXE
 * passes shim a GRUB that it takes for malformed); `exit 1` has
 * the firmware go on to its next boot entry, where success would open its setup.
 */
export const ipxeLocalScript = (station: StationPlace, reason: string, firmware: IpxeFirmware): string =>
  lines(
    '#!ipxe',
    `echo Rackside: ${plain(reason)}`,
    ...(firmware.kind === 'bios'
      ? ['sanboot --no-describe --drive 0x80 || exit']
      : [chain(station, bootPaths.grub), ...byShim(station, firmware.shim), 'exit 1']),
  );

/** shim looks for its GRUB beside the boot file that it believes DHCP named, which was this script. */
const byShim = (station: StationPlace, shim: string): readonly string[] => [`set netX/filename ${shim} ||`, chain(station, shim)];

const chain = ({ address }: StationPlace, path: string): string => `chain tftp://${address}/${path} ||`;

/** iPXE expands ${…} and reads && and || in echo as well. */
const plain = (text: string): string => text.replace(/[^\w .,:-]/g, ' ');

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;
