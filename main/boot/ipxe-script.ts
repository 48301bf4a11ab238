// Scripts for iPXE on BIOS machines (https://ipxe.org/scripting). Pure; every value put in was checked to need no quoting.
import { bootPaths } from './paths.ts';
import { stationUrl } from './situation.ts';
import type { StationPlace } from './situation.ts';

/** Loads the agent; retries for ever with a message, since a rack machine has nobody before it to press a key. */
export const ipxeAgentScript = (station: StationPlace, kernelCommandLine: string): string => {
  const base = `${stationUrl(station)}/boot`;
  return lines(
    '#!ipxe',
    `echo Rackside: loading the agent from ${stationUrl(station)}`,
    ':again',
    'imgfree',
    `kernel ${base}/${bootPaths.kernel} initrd=${bootPaths.stage1} ${kernelCommandLine} || goto failed`,
    `initrd ${base}/${bootPaths.stage1} || goto failed`,
    'boot || goto failed',
    ':failed',
    'echo Rackside: the station did not deliver the agent. Check its network cable and whether it is still serving.',
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
