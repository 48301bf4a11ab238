// The final script in the language of whoever asks: iPXE, GRUB by TFTP, or GRUB inside the HTTP boot image. Pure.
import { grubAgentConfig, grubInstallerConfig, grubLocalConfig } from './grub-config.ts';
import type { GrubDevice } from './grub-config.ts';
import type { HandOut } from './hand-out.ts';
import { ipxeAgentScript, ipxeInstallerScript, ipxeLocalScript } from './ipxe-script.ts';
import type { IpxeFirmware } from './ipxe-script.ts';
import type { StationPlace } from './situation.ts';

const toOwnDisk = 'starting this machine from its own disk';
const notListening = 'the station is not answering boot requests now; starting this machine from its own disk';

export const ipxeScript = (handOut: HandOut, station: StationPlace, firmware: IpxeFirmware): string => {
  if (handOut.kind === 'agent') return ipxeAgentScript(station, handOut.commandLine, firmware);
  if (handOut.kind === 'installer') return ipxeInstallerScript(station, handOut.installer, firmware);
  return ipxeLocalScript(station, handOut.kind === 'local' ? toOwnDisk : notListening, firmware);
};

export const grubConfig = (handOut: HandOut, device: GrubDevice): string => {
  if (handOut.kind === 'agent') return grubAgentConfig(device, handOut.commandLine);
  if (handOut.kind === 'installer') return grubInstallerConfig(device, handOut.installer);
  if (handOut.kind === 'not-listening') return grubLocalConfig(null, notListening);
  // A BIOS entry for a machine that now starts as UEFI: its setup was changed; the loaders are searched by name.
  return grubLocalConfig(handOut.local.kind === 'uefi' ? handOut.local : null, toOwnDisk);
};
