// Client system architecture (DHCP option 93): the IANA registry that continues RFC 4578 section 2.1, and which of them the kit boots.

const names: Readonly<Record<number, string>> = {
  0: 'x86 BIOS',
  1: 'NEC PC-98',
  2: 'Itanium',
  3: 'DEC Alpha',
  4: 'Arc x86',
  5: 'Intel Lean Client',
  6: '32-bit x86 UEFI',
  7: 'x64 UEFI',
  8: 'Intel XScale UEFI',
  9: 'x64 UEFI',
  10: '32-bit ARM UEFI',
  11: '64-bit ARM UEFI',
  12: 'PowerPC Open Firmware',
  13: 'PowerPC ePAPR',
  14: 'PowerPC OPAL',
  15: '32-bit x86 UEFI, HTTP boot',
  16: 'x64 UEFI, HTTP boot',
  17: 'EBC UEFI, HTTP boot',
  18: '32-bit ARM UEFI, HTTP boot',
  19: '64-bit ARM UEFI, HTTP boot',
  20: 'x86 BIOS, HTTP boot',
  21: '32-bit ARM U-Boot',
  22: '64-bit ARM U-Boot',
  23: '32-bit ARM U-Boot, HTTP boot',
  24: '64-bit ARM U-Boot, HTTP boot',
  25: '32-bit RISC-V UEFI',
  26: '32-bit RISC-V UEFI, HTTP boot',
  27: '64-bit RISC-V UEFI',
  28: '64-bit RISC-V UEFI, HTTP boot',
  29: '128-bit RISC-V UEFI',
  30: '128-bit RISC-V UEFI, HTTP boot',
  31: 's390 basic',
  32: 's390 extended',
  33: '32-bit MIPS UEFI',
  34: '64-bit MIPS UEFI',
  35: '32-bit Sunway UEFI',
  36: '64-bit Sunway UEFI',
  37: '32-bit LoongArch UEFI',
  38: '32-bit LoongArch UEFI, HTTP boot',
  39: '64-bit LoongArch UEFI',
  40: '64-bit LoongArch UEFI, HTTP boot',
  41: 'ARM RPi boot',
};

/** `64-bit ARM UEFI (11)`; a machine that says nothing is `unnamed`. */
export const architectureName = (architecture: number | null): string =>
  architecture === null ? 'unnamed' : `${names[architecture] ?? 'unknown'} (${architecture})`;

/** Old ROMs leave option 93 out; all of them are BIOS. EDK2 says 7; 9 is what the RFC's text meant by x64 and some firmware sends. */
export const bootsAs = (architecture: number | null): 'bios' | 'uefi' | 'uefi-http' | null => {
  switch (architecture) {
    case null:
    case 0:
      return 'bios';
    case 7:
    case 9:
      return 'uefi';
    case 16:
      return 'uefi-http';
    default:
      return null;
  }
};
