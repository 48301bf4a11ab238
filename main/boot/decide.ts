// Who asks with what firmware → the first thing it is told to load. Pure; main/dhcp puts the answer into options.
import { assertNever } from '../../agent/protocol/failure.ts';
import type { BootAnswer, BootClient } from '../dhcp/boot-client.ts';
import { silence } from '../dhcp/silence.ts';
import type { SilenceCode } from '../dhcp/silence.ts';
import { architectureName, bootsAs } from './architecture.ts';
import { bootPaths, httpBootPath, ipxePath, ipxeUefiPath } from './paths.ts';
import { stationUrl } from './situation.ts';
import type { BootSituation } from './situation.ts';

const none = (code: SilenceCode, text: string): BootAnswer => ({ kind: 'none', silence: silence(code, text) });

/**
 * Local boot is no case of its own here: the machine loads the same loader as ever, and the script that the loader asks for says
 * "boot your disk". So DHCP retries use nothing up. `agentWords` are the `rackside.*` words for an agent on a stick (it was not
 * loaded from us and has no command line of ours); called only for such a client.
 */
export const decideBoot = (client: BootClient, situation: BootSituation, agentWords: () => string): BootAnswer => {
  if (client.firmware === 'other') return none('protocol', 'this is no boot request');
  if (!situation.listening) return none('not-listening', 'the station is not listening: boot requests are heard and not answered');
  if (client.firmware === 'agent') return { kind: 'agent', words: agentWords() };
  if (!situation.kitPresent) return none('no-kit', 'there is no boot kit to load from');
  const family = bootsAs(client.architecture);
  if (family === null) return none('no-loader', `the boot kit has nothing for the architecture ${architectureName(client.architecture)}`);
  const { station } = situation;
  const shim = situation.installerShim ?? bootPaths.shim;
  const pxe = (bootFile: string): BootAnswer => ({ kind: 'pxe', bootFile, server: station.address });
  switch (client.firmware) {
    case 'uefi-http':
      // Some firmware asks as HTTPClient with the architecture of its PXE stack; the class says what it can load.
      return { kind: 'http', url: stationUrl(station) + httpBootPath(client.mac) };
    case 'ipxe':
      // Older ones pass shim a GRUB that it takes for malformed (they do not say how much they read), so a script goes first there too.
      return pxe(stationUrl(station) + (family === 'bios' ? ipxePath(client.mac) : ipxeUefiPath(client.mac)));
    case 'bios':
      return pxe(bootPaths.ipxe);
    case 'u-boot':
      return none('no-loader', 'U-Boot starts none of the loaders of the boot kit');
    case 'uefi':
      return family === 'uefi'
        ? pxe(shim)
        : none('no-loader', `a PXE client with the architecture ${architectureName(client.architecture)}`);
    default:
      return assertNever(client.firmware);
  }
};
