// How an image boots, and what ties it to one machine, in words for `rackside images show`.
import type { ImageDetail } from '../../preload/contract/library-views.ts';
import type { ImageView } from '../../preload/contract/views.ts';

type Loader = ImageDetail['bootChain'][number];

const CODES: Readonly<Record<string, string>> = {
  grub: 'GRUB',
  lilo: 'LILO',
  syslinux: 'SYSLINUX',
  windows: 'Windows',
  other: 'unknown code',
};

const loaderLine = ({ path, kind, architecture, signedBy, bootCode }: Loader): string => {
  if (bootCode !== undefined) {
    const { code, core } = bootCode;
    const where =
      core === undefined
        ? ''
        : `, core at sector ${core.lba} ${core.partition === null ? 'behind the table' : `in partition ${core.partition}`}`;
    return `  loader     ${path}: ${CODES[code] ?? code}${where}${core?.found === false ? ', BUT NOTHING IS THERE' : ''}`;
  }
  return `  loader     ${path} (${kind}, ${architecture}${signedBy.length === 0 ? ', unsigned' : `, signed by ${signedBy.join(', ')}`})`;
};

const BINDING = {
  'luks-tpm2': 'LUKS by systemd-cryptenroll',
  'clevis-tpm2': 'LUKS by Clevis',
  'bitlocker-tpm': 'BitLocker',
} as const;

export const bindingLines = ({ boundToMachine }: ImageView): readonly string[] =>
  boundToMachine === undefined
    ? []
    : [
        '  BOUND      to the machine it was captured from, whose TPM opens it:',
        ...boundToMachine.volumes.map(
          ({ number, by, otherKey }) =>
            `             partition ${number}, ${BINDING[by]}; ${otherKey ? 'another key of it (passphrase, recovery key) opens it elsewhere' : 'nothing else opens it'}`,
        ),
      ];

export const bootLines = ({ bootChain, source }: ImageDetail): readonly string[] => [
  ...bootChain.map(loaderLine),
  ...(source.boot === null
    ? []
    : [
        `  firmware   of the source: ${source.boot.kind.toUpperCase()}${source.boot.order.length === 0 ? '' : `, order ${source.boot.order.join(',')}`}${source.boot.note === undefined ? '' : ` (${source.boot.note})`}`,
        ...source.boot.entries.map(
          ({ id, active, label, path }) =>
            `             ${id}${active ? '*' : ' '}${id === source.boot?.current ? ' started ' : ' '}${label}${path === '' ? '' : `  ${path}`}`,
        ),
      ]),
];
