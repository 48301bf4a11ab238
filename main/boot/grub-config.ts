// grub.cfg texts for GRUB 2.12 as Debian signs it: no `date`, no further modules under Secure Boot, `-e` always false over TFTP.
// Pure; values are single-quoted, and paths are absolute with their device because `$root/x` does not work in GRUB.
import type { LocalBoot } from '../../agent/protocol/decision.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { InstallerHandOut } from '../recipes/installer-files.ts';
import { bootPaths } from './paths.ts';

/** Every machine loads this; it hands over to the machine's own. The loop matters: a lost file must not end at a prompt. */
export const grubDispatcher = (): string =>
  lines(
    'set timeout=0',
    'while true; do',
    '  configfile (tftp,$net_default_server)/grub/m-$net_default_mac.cfg',
    // Its answer was not given, or came to its own end: GRUB cannot tell which, and what failed is said above.
    `  echo ${quote('Rackside: asking the station anew in 5 seconds. If no answer of it stands above, check that it is serving.')}`,
    '  sleep 5',
    'done',
  );

/** Where kernel and stage 1 are read from: `(tftp,10.0.0.1)` or, inside http-boot.img, `($root)`. */
export type GrubDevice = { readonly kind: 'tftp'; readonly address: string } | { readonly kind: 'root' };

/** When something cannot be loaded: by TFTP it comes to its end and the dispatcher asks anew; from an image only a restart helps. */
export const grubAgentConfig = (device: GrubDevice, commandLine: string): string =>
  grubLinuxConfig(device, { what: 'the agent', kernel: bootPaths.kernel, initrd: bootPaths.stage1, commandLine });

/** A vendor's installer, by our GRUB or by the vendor's own. */
export const grubInstallerConfig = (device: GrubDevice, installer: InstallerHandOut): string =>
  grubLinuxConfig(device, { ...installer, what: 'the installer' });

const grubLinuxConfig = (
  device: GrubDevice,
  { what, kernel, initrd, commandLine }: Omit<InstallerHandOut, 'name'> & { readonly what: string },
): string => {
  const place = device.kind === 'tftp' ? `(tftp,${device.address})` : '($root)';
  const words = commandLine.split(' ').filter(Boolean).map(quote).join(' ');
  return lines(
    'set timeout=0',
    `echo ${quote(`Rackside: loading ${what}`)}`,
    `if linux ${place}/${kernel} ${words}; then`,
    `  if initrd ${place}/${initrd}; then`,
    '    boot',
    '  fi',
    'fi',
    `echo ${quote(`Rackside: ${what} could not be loaded. Trying again in 5 seconds.`)}`,
    'sleep 5',
    ...(device.kind === 'root' ? ['reboot'] : []),
  );
};

/** Loaders looked for when the recorded one is gone, most particular first (FAT knows no upper and lower case). */
const knownLoaders = [
  '/EFI/debian/shimx64.efi',
  '/EFI/ubuntu/shimx64.efi',
  '/EFI/rocky/shimx64.efi',
  '/EFI/almalinux/shimx64.efi',
  '/EFI/redhat/shimx64.efi',
  '/EFI/centos/shimx64.efi',
  '/EFI/fedora/shimx64.efi',
  '/EFI/opensuse/shim.efi',
  '/EFI/sles/shim.efi',
  '/EFI/Microsoft/Boot/bootmgfw.efi',
  '/EFI/BOOT/BOOTX64.EFI',
] as const;

/**
 * Chain-loads the machine's own loader. `root` and no other variable: otherwise the loader believes it came from the network.
 * A text that cannot be trusted inside a script (not a volume id, not a plain path) is left out, and the search by file remains.
 */
export const grubLocalConfig = (local: (LocalBoot & { readonly kind: 'uefi' }) | null, reason: string): string => {
  const uuid = local?.espUuid && /^[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}$|^[0-9A-Fa-f-]{8,36}$/.test(local.espUuid) ? local.espUuid : null;
  const recorded = local?.loaderPath ? plainLoaderPath(local.loaderPath) : null;
  const loaders = [...new Set([...(recorded === null ? [] : [recorded]), ...knownLoaders])].map(quote).join(' ');
  return lines(
    'set timeout=0',
    `echo ${quote(`Rackside: ${reason}`)}`,
    ...(uuid === null
      ? []
      : [
          `if search --no-floppy --fs-uuid --set=root ${quote(uuid)}; then`,
          `  for loader in ${loaders}; do`,
          '    if chainloader ($root)"$loader"; then boot; fi',
          '  done',
          'fi',
        ]),
    // By file it may find another disk's loader; that is still this machine, and better than a machine that stands still. `search`
    // knows only the first volume that has the file, which may be our boot stick: so every partition is asked, and ours are passed
    // over by a file that no other system has. http-boot.img has no partitions, and is therefore never among them.
    `for loader in ${loaders}; do`,
    '  for place in (*,gpt*) (*,msdos*); do',
    '    if [ -e "$place$loader" ]; then',
    `      if [ ! -e "$place/${bootPaths.stage1}" ]; then`,
    `        regexp --set=1:root ${quote(String.raw`^\((.*)\)$`)} "$place"`,
    '        if chainloader ($root)"$loader"; then boot; fi',
    '      fi',
    '    fi',
    '  done',
    'done',
    // `exit` would open the setup menu on EDK2. After a restart the machine asks again and gets the agent.
    `echo ${quote('Rackside: no boot loader was found on the disks of this machine. It restarts in 30 seconds.')}`,
    'sleep 30',
    'reboot',
  );
};

/** `\EFI\debian\shimx64.efi` → `/EFI/debian/shimx64.efi`, or null when it is no plain path. */
export const plainLoaderPath = (path: string): string | null => {
  const plain = `/${path.replaceAll('\\', '/').replace(/^\/+/, '')}`;
  return /^(\/[\w.+ -]+)+$/.test(plain) && !plain.includes('..') ? plain : null;
};

/**
 * The text filled up to exactly `sizeBytes` with line ends, for its place inside http-boot.img. Failure `boot.config-too-long`.
 */
export const padConfig = (text: string, sizeBytes: number): Result<Buffer> => {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length > sizeBytes)
    return failed(
      'boot.config-too-long',
      `A machine's grub.cfg needs ${bytes.length} bytes; the boot image has room for ${sizeBytes}.`,
      'Build the boot kit again: npm run bootkit.',
    );
  return success(Buffer.concat([bytes, Buffer.alloc(sizeBytes - bytes.length, '\n')]));
};

/** GRUB's single quotes take everything literally but the single quote itself. A control character is a bug, and thrown. */
const quote = (text: string): string => {
  if (/\p{Cc}/u.test(text)) throw new Error('a control character cannot be put into grub.cfg');
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
};

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;
