// Files that are no disk, or one in a form that is not imported: what they are, and what can be done with them.
import { failed } from '../../agent/protocol/failure.ts';
import type { SourceFormat } from './source-format.ts';
import type { VirtualDiskFormat } from './virtual-disk-header.ts';

/** Formats that qemu-img knows by the same words. */
const NAMES_OF_OTHERS = { vdi: 'VDI of VirtualBox', qcow: 'qcow, the first version', qed: 'QED', parallels: 'HDD of Parallels' } as const;

/** `name` is the file's. A packed format is one inside of another. Code: `import.unsupported`. */
export const refuseFormat = (format: Exclude<SourceFormat, VirtualDiskFormat | 'raw'>, name: string): ReturnType<typeof failed> => {
  switch (format) {
    case 'gzip':
    case 'zstd':
    case 'xz':
    case 'bzip2':
      return failed('import.unsupported', `${name} is packed twice: inside of it is another ${format}.`, 'Unpack it once, then import it.');
    case 'lzma':
    case 'lz4':
      return failed('import.unsupported', `${name} is packed in a form that is not imported (${format}).`, 'Unpack it first.');
    case 'zip':
    case '7z':
    case 'tar':
      return failed('import.unsupported', `${name} is an archive (${format}).`, 'Unpack it and import the disk image inside.');
    case 'ova':
      return failed(
        'import.unsupported',
        `${name} is an appliance (OVA): an archive with a virtual machine and its disk.`,
        'Unpack it with tar -xf, and import the .vmdk inside.',
      );
    case 'library':
      return failed('import.unsupported', `${name} is an exported library, not a disk.`, `Take it in with: rackside library merge ${name}`);
    case 'vdi':
    case 'qcow':
    case 'qed':
    case 'parallels':
      return failed(
        'import.unsupported',
        `${name} is the disk of a virtual machine in a format that is not imported (${NAMES_OF_OTHERS[format]}).`,
        `Convert it first: qemu-img convert -f ${format} -O qcow2 FILE disk.qcow2`,
      );
    case 'iso':
      return refuseIso();
  }
};

export const refuseIso = (): ReturnType<typeof failed> =>
  failed('import.unsupported', 'This is an ISO: an installer, not a disk.', 'Use it as a payload of a recipe.');
