// The words of the deploy dialog: image, disk, what grows, a machine's own settings, and what the disk gets of all that.
import { bytes, count } from './numbers.ts';
import type { Outlook } from '../../preload/contract/outlook.ts';

const growing = ({ number, name, filesystem, volume, fromBytes, toBytes }: NonNullable<Outlook['grows']>): string => {
  const what = [name, volume, filesystem].filter(Boolean).join(', ');
  const far = toBytes === null ? `${bytes(fromBytes)}, as far as the disk has room` : `${bytes(fromBytes)} to at most ${bytes(toBytes)}`;
  return `partition ${number}${what === '' ? '' : ` (${what})`} from ${far}`;
};

export const DEPLOY_WORDS = {
  title: (name: string): string => `Deploy an image to ${name}`,
  text: 'Your choice counts, whatever the policies say. Nothing is erased yet: the machine checks its disks and then asks for consent.',
  image: 'Image',
  disk: 'Disk',
  anyDisk: 'The only suitable disk; ask when there are more',
  rewrite: 'Write it even if the disk already holds this image',
  go: 'Check and ask',
  none: 'The library has no image yet. Import one first.',
  untrusted: 'not signed by a trusted key',
  boundLabel: 'bound to its machine',
  accept: {
    'unknown-key': (keyId: string): string =>
      `Its signature is by key ${keyId}, which this station does not trust. I want it all the same; my name goes on record.`,
    broken: (): string => 'Its signature is wrong: it was altered or damaged. I want it all the same; my name goes on record.',
  },
  acceptBound: 'I know that, and want it here all the same; my name goes on record.',
  otherFirmware: 'for other firmware',
  grow: {
    label: 'On a larger disk grows',
    last: 'the last partition that is no swap (default)',
    none: 'nothing',
    partition: (number: number, words: string, size: string): string => `partition ${number}${words === '' ? '' : ` · ${words}`} · ${size}`,
    own: 'something else …',
    ownLabel: 'Name, label or volume',
    ownHelp: 'A partition’s name or label, or a logical volume as GROUP/VOLUME.',
  },
  settings: {
    legend: 'This machine’s own settings',
    how: 'Settings',
    modes: { none: 'none: the system as it is in the image', form: 'fill in a form', text: 'paste a settings file' },
    text: 'Only cloud-init reads them; an image without it starts as it is. They go onto this disk and into no log.',
    hostname: 'Host name',
    factHelp: 'In every field, ${fact} becomes the machine’s own value.',
    fact: 'Fact of this machine',
    chooseFact: 'choose …',
    putIn: 'Put into the field',
    user: (number: number): string => `User ${number}`,
    addUser: 'Add a user',
    userName: 'User name',
    userNameless: 'Give this user a name, or take it away.',
    keys: 'SSH public keys',
    keysHelp: 'One a line, as in authorized_keys.',
    groups: 'Groups',
    groupsHelp: 'Separated by spaces.',
    sudo: 'May become root without a password',
    card: (number: number): string => `Network card ${number}`,
    addCard: 'Add a network card',
    mac: 'MAC of the card',
    macHelp: 'Empty: the card it booted from.',
    dhcp: 'Asks for an address by DHCP',
    addresses: 'Addresses',
    addressesHelp: 'With prefix length, such as 10.0.0.5/24.',
    gateway: 'Gateway',
    nameservers: 'Name servers',
    search: 'Search domains',
    removeShort: 'Take away',
    remove: (what: string): string => `Take ${what} away`,
    userData: 'cloud-init text',
    userDataHelp:
      'Begins with #cloud-config or #!, and is added to what the fields say. In a script write $${NAME} for a variable of its own.',
    networkConfig: 'cloud-init network text',
    networkConfigHelp: 'Instead of the network cards above.',
    addText: 'Add cloud-init text',
    addNetworkText: 'Add cloud-init network text',
    file: 'Settings (JSON)',
    fileHelp: 'As for rackside deploy --settings: hostname, users, network, userData, networkConfig.',
    notJson: (line: number | null): string => `This is no JSON${line === null ? '.' : `: look at line ${line}.`}`,
    noForm: (why: string): string => `The form cannot show this text: ${why} It stays as text.`,
    entry: (number: number, rest: string): string => `Entry ${number} ${rest}`,
    it: (rest: string): string => `It ${rest}`,
  },
  outlook: {
    title: 'What the disk gets',
    looking: 'The station checks …',
    refused: 'Correct what is marked; then it is shown here.',
    image: 'Image',
    grows: 'Grows',
    settings: 'Own settings',
    growth: ({ grows, whyNotGrown }: Pick<Outlook, 'grows' | 'whyNotGrown'>): string =>
      grows === null ? (whyNotGrown === null ? 'nothing' : `nothing: ${whyNotGrown}`) : growing(grows),
    none: 'none',
    own: (hostname: string | null, files: number): string =>
      [hostname === null ? null : `host name ${hostname}`, `${count(files, 'text', 'texts')} for cloud-init`].filter(Boolean).join(' · '),
    unfilled: 'This machine was not read yet: facts are filled in once it was.',
    brief: 'It gets settings of its own; the next step shows them.',
  },
} as const;
