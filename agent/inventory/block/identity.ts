// Disk identity from what SCSI, NVMe and virtio devices say (SPC-4 §7.8.5 VPD page 83h, §7.8.15 page 80h; NVMe 2.0 §4.5). PURE.

const printable = (bytes: Uint8Array): string =>
  [...bytes]
    .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ' '))
    .join('')
    .replace(/\s+/g, ' ')
    .trim();

/** Identifiers as kept: trimmed, inner blanks single, at most 128 characters (the provenance record's limit); blank is null. */
export const cleanId = (text: string | null): string | null => {
  const cleaned = (text ?? '')
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 128);
  return cleaned === '' ? null : cleaned;
};

/** Unit serial number page: 4-byte header with the length, then ASCII. */
export const serialFromPage80 = (page: Uint8Array | null): string | null => {
  if (page === null || page.length < 4 || page[1] !== 0x80) return null;
  const length = ((page[2] ?? 0) << 8) | (page[3] ?? 0);
  return cleanId(printable(page.subarray(4, 4 + length)));
};

const DESIGNATOR = { eui64: 2, naa: 3 } as const;

/** The logical unit's NAA or EUI-64 designator as `naa.…`/`eui.…`; null when the page has none. */
export const wwnFromPage83 = (page: Uint8Array | null): string | null => {
  if (page === null || page.length < 4 || page[1] !== 0x83) return null;
  const end = Math.min(page.length, 4 + (((page[2] ?? 0) << 8) | (page[3] ?? 0)));
  let eui: string | null = null;
  for (let at = 4; at + 4 <= end;) {
    const length = page[at + 3] ?? 0;
    const value = page.subarray(at + 4, Math.min(end, at + 4 + length));
    const association = ((page[at + 1] ?? 0) >> 4) & 3;
    const type = (page[at + 1] ?? 0) & 15;
    const hex = Buffer.from(value).toString('hex');
    if (association === 0 && value.length === length && length >= 8) {
      if (type === DESIGNATOR.naa) return `naa.${hex}`;
      if (type === DESIGNATOR.eui64) eui ??= `eui.${hex}`;
    }
    at += 4 + length;
  }
  return eui;
};

/** The kernel's `wwid` when it is a world-wide name: `naa.…`, `eui.…`, `uuid.…`, `nvme.…`; T10 vendor ids are not unique. */
export const wwnFromKernel = (wwid: string | null): string | null => {
  const text = cleanId(wwid)?.toLowerCase() ?? '';
  return /^(naa|eui|uuid|nvme)\.\S+$/.test(text) && !/^\w+\.0+$/.test(text) ? text : null;
};

/** Serials and WWNs compared as people type them: without case, blanks, and the `0x`, `naa.`, `eui.`, `wwn-` prefixes. */
export const sameId = (one: string | null, other: string | null): boolean => {
  if (one === null || other === null) return false;
  const plain = (id: string): string =>
    id
      .toLowerCase()
      .replace(/\s+/g, '')
      .replace(/^wwn-/, '')
      .replace(/^(0x|naa\.|eui\.)/, '');
  return plain(one) === plain(other) && plain(one) !== '';
};

/** Controllers of management boards offer drives that no person put into the machine; the text is vendor and model. */
const VIRTUAL_MEDIA = [
  /\bvirtual\s*(cd|dvd|floppy|hdisk|media|usb|hd|disc|cdrom)/i,
  /^ami\b.*\bvirtual/i,
  /^(idrac|ilo|imm|xcc|cimc|irmc)\b/i,
  /\bidrac\b.*\b(virtual|lcdrive|mas|oemdrv|vflash)\b/i,
  /\b(lcdrive|mascdrom|maserase|oemdrv|vflash|secupd)\b/i,
  /^(linux|ibm|lenovo)\s+(scsi disk|emulated|virtual media|file-stor gadget|file-cd gadget)/i,
  /file-(stor|cd) gadget/i,
  /\bcisco\b.*\b(vkvm|cimc)/i,
  /\bvkvm-mapped/i,
  /\bcimc-mapped/i,
  /^ts-?\w*\s*virtual/i,
  /\bps compliant virtual/i,
  /\binsyde\b.*\bvirtual/i,
  /\bpepp(er)?con\b/i,
  /\bmegarac\b/i,
] as const;

const INTERNAL_SD = [
  /\bidsdm\b/i,
  /\binternal dual ?sd\b/i,
  /\bdual ?sd\b/i,
  /\binternal sd-?card\b/i,
  /\bdual microsd\b/i,
  /\bhpe? .*\bsd ?card\b/i,
  /\bflexflash\b/i,
  /\bcisco\b.*\bhypervisor/i,
] as const;

/** What kind of management-board medium the inquiry text names, if any. */
export const mediaKind = (vendor: string | null, model: string | null): 'virtual-media' | 'internal-sd' | null => {
  const text = `${vendor ?? ''} ${model ?? ''}`.replace(/\s+/g, ' ').trim();
  if (INTERNAL_SD.some((pattern) => pattern.test(text))) return 'internal-sd';
  return VIRTUAL_MEDIA.some((pattern) => pattern.test(text)) ? 'virtual-media' : null;
};
