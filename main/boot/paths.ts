// The names under which things are asked for, by TFTP and by HTTP, and how a name that was asked becomes one of them. Pure.

/** As DHCP names them and as kit.json lists them. */
export const bootPaths = {
  shim: 'efi/shimx64.efi',
  grub: 'efi/grubx64.efi',
  ipxe: 'bios/undionly.kpxe',
  kernel: 'vmlinuz',
  stage1: 'stage1.img',
  stage2: 'stage2.squashfs',
} as const;

export const ipxePath = (mac: string): string => `/boot/ipxe/${mac}`;
/** For iPXE that UEFI firmware started. */
export const ipxeUefiPath = (mac: string): string => `/boot/ipxe-uefi/${mac}`;
export const httpBootPath = (mac: string): string => `/boot/http/${mac}/http-boot.img`;

/** One form for all that loaders send: `\efi\x`, `//efi/x`, `/efi/x`, `./efi/x` → `efi/x`. The result is only ever looked up in a table. */
export const normaliseBootPath = (path: string): string =>
  path
    .replaceAll('\\', '/')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');

/** Any usual spelling → lower-case colon form; null when it is none. */
export const normaliseMac = (text: string): string | null => {
  const digits = text.toLowerCase().replace(/[:-]/g, '');
  if (!/^[0-9a-f]{12}$/.test(digits) || !/^([0-9a-f]{2}[:-]?){6}$/i.test(text)) return null;
  return digits.replace(/(..)(?=.)/g, '$1:');
};

/** `grub/m-52:54:00:12:34:56.cfg` (already normalised) → its MAC. */
export const macOfGrubConfig = (path: string): string | null => {
  const match = /^grub\/m-([0-9a-f:-]+)\.cfg$/i.exec(path);
  return match?.[1] === undefined ? null : normaliseMac(match[1]);
};
