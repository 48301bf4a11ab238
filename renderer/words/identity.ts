// What makes a system one of its kind, in words: the kinds, and what became of each at a capture.
import { bytes, count } from './numbers.ts';
import type { IdentityFinding, IdentityKind, IdentityTrace } from '../../agent/protocol/identity.ts';

export const IDENTITY_KIND_WORDS: Readonly<Record<IdentityKind, { readonly name: string; readonly gone: string }>> = {
  'machine-id': { name: 'Machine id', gone: 'a new one is made at the next start' },
  'ssh-host-keys': { name: 'SSH host keys', gone: 'new ones are made at the next start' },
  hostname: { name: 'Host name', gone: 'DHCP, cloud-init or a person gives the copy one' },
  dhcp: { name: 'DHCP leases and client ids', gone: 'the copy asks as itself' },
  'network-cards': { name: 'Settings bound to a network card', gone: 'the address goes, the setting stays for the card’s name' },
  'cloud-init': { name: 'What cloud-init has done', gone: 'it runs as on a first start' },
  'random-seed': { name: 'Random seeds', gone: 'made anew' },
  storage: { name: 'Names towards storage', gone: 'iSCSI, NVMe, LVM, multipath: made anew or left out' },
  credentials: { name: 'Credentials', gone: 'each copy enrols by itself' },
  windows: { name: 'Windows SID and computer name', gone: 'stay: run sysprep before the capture' },
};

export const kindName = (kind: string): string =>
  Object.hasOwn(IDENTITY_KIND_WORDS, kind) ? IDENTITY_KIND_WORDS[kind as IdentityKind].name : kind;

const trace = (one: IdentityTrace | null): string =>
  one === null
    ? 'nothing'
    : [one.files === undefined ? null : count(one.files, 'file', 'files'), bytes(one.sizeBytes)].filter(Boolean).join(', ');

export const IDENTITY_WORDS = {
  title: 'Of its source',
  neutralise: 'Take what makes this system one of its kind out of the image',
  neutraliseText: 'The disk itself is only read and keeps it all. What was found, and what went, stands on the image’s page.',
  plainText: 'The system is captured as it is. What makes it one of its kind is looked for and listed on the image’s page.',
  kinds: 'What goes; what is not ticked stays in',
  outcomes: { found: 'in it', removed: 'taken out', reset: 'reset', left: 'left in', added: 'added' } satisfies Record<
    IdentityFinding['outcome'],
    string
  >,
  none: 'Nothing that makes it one of its kind was found.',
  summary: (isIn: number, gone: number, asked: boolean): string =>
    asked
      ? `${count(gone, 'thing', 'things')} taken out, ${isIn} still in it.`
      : `${count(isIn, 'thing', 'things')} of its source in it; nothing was to be taken out.`,
  still: 'Still in it: look at these before it goes to other machines',
  gone: (number: number): string => `Taken out of the image, or made anew (${number})`,
  more: (number: number): string => `and ${number} more that are not listed`,
  unseen: 'Could not be looked into',
  difference: ({ outcome, was, now }: IdentityFinding): string =>
    outcome === 'reset' ? `${trace(was)} → ${trace(now)}` : outcome === 'added' ? trace(now) : trace(was),
} as const;

/** How a volume is sealed to the machine of its image. */
export const BOUND_WORDS = {
  title: 'Bound to its machine',
  by: { 'luks-tpm2': 'LUKS, by its TPM', 'clevis-tpm2': 'LUKS, by its TPM (Clevis)', 'bitlocker-tpm': 'BitLocker, by its TPM' },
  volume: (number: number): string => `Partition ${number}`,
  otherKey: 'a passphrase or recovery key opens it elsewhere',
  noKey: 'nothing opens it elsewhere',
  source: 'Made on',
  unknownSource: 'not recorded: no machine is known as its source',
  text: 'No policy gives it to another machine. A person can, on their word: on that machine’s screen, Deploy image…, choose this one and confirm it. That goes on record.',
} as const;
