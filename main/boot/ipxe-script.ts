// Scripts for iPXE on BIOS machines (https://ipxe.org/scripting). Pure; every value put in was checked to need no quoting.
import type { InstallerHandOut } from '../recipes/installer-files.ts';
import { bootPaths } from './paths.ts';
import { stationUrl } from './situation.ts';
import type { StationPlace } from './situation.ts';

/** Loads the agent; retries for ever with a message, since a rack machine has nobody before it to press a key. */
export const ipxeAgentScript = (station: StationPlace, commandLine: string): string => {
  const kernel = `boot/${bootPaths.kernel}`;
  return ipxeLinuxScript(station, { what: 'the agent', kernel, initrd: `boot/${bootPaths.stage1}`, commandLine });
};

/** A vendor's installer. What iPXE would read in its words is taken out; nothing of it belongs on a kernel's command line. */
export const ipxeInstallerScript = (station: StationPlace, { commandLine, ...installer }: InstallerHandOut): string =>
  ipxeLinuxScript(station, { ...installer, what: 'the installer', commandLine: commandLine.replaceAll(/\$\{|&&|\|\|/g, '') });

const ipxeLinuxScript = (
  station: StationPlace,
  { what, kernel, initrd, commandLine }: Omit<InstallerHandOut, 'name'> & { readonly what: string },
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
    'boot || goto failed',
    ':failed',
    `echo Rackside: the station did not deliver ${what}. Check its network cable and whether it is still serving.`,
    'echo Rackside: trying again in 5 seconds',
    'sleep 5',
    'goto again',
  );
};

/** The first BIOS disk; where the BIOS refuses, `exit` hands over to its own boot order. */
export const ipxeLocalScript = (reason: string): string =>
  lines('#!ipxe', `echo Rackside: ${plain(reason)}`, 'sanboot --no-describe --drive 0x80 || exit');

/** iPXE expands ${…} and reads && and || in echo as well. */
const plain = (text: string): string => text.replace(/[^\w .,:-]/g, ' ');

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;
