// Which disk an image may go to, or every reason why none (docs/operating.md, "Which disk"). PURE. Never the first, never the
// smallest, never the next best: what is not certain is asked.
import { architectureFits, architectureSchema } from '../image/content.ts';
import { canonicalArchitecture } from '../inventory/architecture.ts';
import { ownDisks } from '../facts/device-facts.ts';
import { sameId } from '../inventory/block/identity.ts';
import type { DiskHint, ImageNeeds } from '../protocol/decision.ts';
import type { Disk, DiskExclusion } from '../protocol/disk.ts';
import type { Failure } from '../protocol/failure.ts';

/** `logicalSectorBytes` null: any will do. */
type DiskNeeds = Omit<ImageNeeds, 'logicalSectorBytes'> & { readonly logicalSectorBytes: number | null };

export type DiskQuestion = {
  readonly disks: readonly Disk[];
  readonly needs: DiskNeeds;
  readonly hint: DiskHint;
  readonly firmware: 'bios' | 'uefi';
  /** Null when a UEFI machine would not say; that is treated as on. */
  readonly secureBoot: boolean | null;
  /** Of the machine; any common spelling. */
  readonly architecture: string;
};

export type DiskChoice =
  | { readonly kind: 'chosen'; readonly disk: Disk }
  | { readonly kind: 'refused'; readonly failures: readonly Failure[] };

const GIB = 1024 ** 3;
const sizeText = (bytes: number): string => `${(bytes / GIB).toFixed(bytes < 10 * GIB ? 1 : 0)} GiB`;

/** A disk as a person finds it on the shelf: model, serial, size, and the path of this boot. */
export const diskText = (disk: Disk): string =>
  `${[disk.vendor, disk.model].filter((part) => part !== null).join(' ') || 'Disk'} ${disk.serial ?? disk.wwn ?? 'without serial'} (${sizeText(disk.sizeBytes)}, ${disk.path})`;

const failure = (code: string, message: string, next: string): Failure => ({ code, message, next });

/** What speaks against this image on this machine, whatever its disks. */
const imageFailures = ({ needs, firmware, secureBoot, architecture }: DiskQuestion): readonly Failure[] => {
  const failures: Failure[] = [];
  const chooseAnother = 'Choose an image made for this kind of machine.';
  if (needs.firmware === 'none') {
    failures.push(
      failure(
        'image.no-boot-path',
        `${needs.name} holds nothing that this machine could start.`,
        'Capture the image from a disk that boots.',
      ),
    );
  } else if (needs.firmware !== 'both' && needs.firmware !== firmware) {
    const message = `${needs.name} starts by ${needs.firmware.toUpperCase()}, this machine by ${firmware.toUpperCase()}.`;
    failures.push(failure('image.firmware-mismatch', message, `${chooseAnother} Or change the boot mode in the machine's setup.`));
  }
  const wanted = architectureSchema.safeParse(canonicalArchitecture(needs.architecture));
  const present = architectureSchema.safeParse(canonicalArchitecture(architecture));
  if (!wanted.success || !present.success || !architectureFits(wanted.data, present.data)) {
    failures.push(
      failure(
        'image.architecture-mismatch',
        `${needs.name} is made for ${needs.architecture}, this machine is ${architecture}.`,
        chooseAnother,
      ),
    );
  }
  if (firmware === 'uefi' && secureBoot !== false && !needs.secureBootTrusted) {
    const state = secureBoot === null ? 'this machine does not say whether Secure Boot is on' : 'Secure Boot is on';
    const message = `The boot chain of ${needs.name} is not signed for Secure Boot, and ${state}.`;
    failures.push(
      failure('image.secure-boot-untrusted', message, 'Use an image with a signed boot chain, or turn Secure Boot off in setup.'),
    );
  }
  return failures;
};

const EXCLUSION_WORDS: Readonly<Record<DiskExclusion, string>> = {
  removable: 'is removable',
  'boot-media': 'is what this machine was started from',
  'virtual-media': 'is virtual media of the management board',
  'internal-sd': 'is an internal SD card',
  'fibre-channel': 'is a Fibre Channel volume',
  iscsi: 'is an iSCSI volume',
  'nvme-over-fabrics': 'is an NVMe volume reached over a network',
  multipath: 'is reached over several paths',
  'raid-member': 'belongs to a RAID set',
  'spanning-volume-group': 'belongs to a volume group that spans disks',
  'spanning-pool': 'belongs to a pool that spans disks',
  'read-only-hardware': 'refuses to be written',
};

export const exclusionText = (exclusion: DiskExclusion): string => EXCLUSION_WORDS[exclusion];

type Objection = { readonly code: string; readonly words: string };

/** What speaks against this disk for this image, leaving exclusions aside. */
const unfit = (disk: Disk, needs: DiskNeeds, hint: DiskHint): Objection | null => {
  const { minSizeBytes, maxSizeBytes } = hint;
  if (hint.kind !== undefined && disk.kind !== hint.kind)
    return { code: 'disk.none-suitable', words: `is not known to be ${hint.kind.toUpperCase()}` };
  if (hint.transport !== undefined && disk.transport !== hint.transport)
    return { code: 'disk.none-suitable', words: `is not ${hint.transport}` };
  if (minSizeBytes !== undefined && disk.sizeBytes < minSizeBytes)
    return { code: 'disk.none-suitable', words: `is smaller than the asked ${sizeText(minSizeBytes)}` };
  if (maxSizeBytes !== undefined && disk.sizeBytes > maxSizeBytes)
    return { code: 'disk.none-suitable', words: `is larger than the allowed ${sizeText(maxSizeBytes)}` };
  if (disk.sizeBytes < needs.diskSizeBytes)
    return {
      code: 'disk.too-small',
      words: `is smaller than the image, which needs ${sizeText(needs.diskSizeBytes)} (${needs.diskSizeBytes} bytes; the disk has ${disk.sizeBytes})`,
    };
  if (needs.logicalSectorBytes !== null && disk.logicalSectorBytes !== needs.logicalSectorBytes) {
    return {
      code: 'disk.sector-size',
      words: `has ${disk.logicalSectorBytes}-byte sectors, the image was made for ${needs.logicalSectorBytes}; its filesystems would not start there`,
    };
  }
  return null;
};

const isPinned = (hint: DiskHint): boolean => hint.serial !== undefined || hint.wwn !== undefined;

const matchesPin = (disk: Disk, hint: DiskHint): boolean =>
  (hint.serial === undefined || sameId(disk.serial, hint.serial)) && (hint.wwn === undefined || sameId(disk.wwn, hint.wwn));

const NEXT_BY_CODE: Readonly<Record<string, string>> = {
  'disk.too-small': 'Put in a larger disk, or choose a smaller image.',
  'disk.sector-size':
    'Put in a disk of that sector size, format this one to it where it can (nvme format, sg_format), or choose an image made on such a disk.',
  'disk.none-suitable': 'Put in a suitable disk, or pin one by its serial or WWN.',
};

const objectionFailure = (disk: Disk, { code, words }: Objection): Failure =>
  failure(code, `${diskText(disk)} ${words}.`, NEXT_BY_CODE[code] ?? 'Pin another disk.');

const unreadable = (disk: Disk): Failure =>
  failure(
    'disk.unreadable',
    `${diskText(disk)} cannot be read: ${disk.problem?.message ?? 'nothing is known of what it holds'}`,
    'Replace or pull the disk, then look again.',
  );

/** A pinned volume that is reached over several paths is one volume; the first path that can be read stands for it. */
const onePath = (found: readonly Disk[]): readonly Disk[] => {
  const [first] = found;
  const isOneVolume = found.every((disk) => disk.exclusions.includes('multipath') && disk.wwn !== null && disk.wwn === first?.wwn);
  if (found.length < 2 || !isOneVolume) return found;
  return [found.find((disk) => disk.content !== null) ?? first].filter((disk) => disk !== undefined);
};

/**
 * Another disk that says the very same of itself: an order names a disk by serial, WWN and size, and could reach either of the two.
 * Paths to one volume are no such pair. Null where the disk is the only one.
 */
export const indistinct = (disk: Disk, disks: readonly Disk[]): Failure | null => {
  const isTwin = (other: Disk): boolean => other.serial === disk.serial && other.wwn === disk.wwn && other.sizeBytes === disk.sizeBytes;
  const isPath = (other: Disk): boolean => other.wwn !== null && other.exclusions.includes('multipath');
  const twins = disks.filter(isTwin);
  if (twins.length < 2 || twins.every(isPath)) return null;
  return failure(
    'disk.indistinct',
    `These disks cannot be told apart, for they name the same serial, WWN and size: ${twins.map(diskText).join('; ')}.`,
    'Pull all but the one that is meant, or give each a serial of its own where the controller or hypervisor can.',
  );
};

/** A pin overrides exclusions, save for hardware that cannot be written; it is never widened. */
const choosePinned = ({ disks, needs, hint }: DiskQuestion): Disk | readonly Failure[] => {
  const found = onePath(disks.filter((disk) => matchesPin(disk, hint)));
  const [disk] = found;
  const name = [hint.serial, hint.wwn].filter((part) => part !== undefined).join(' / ');
  if (disk === undefined)
    return [failure('disk.pinned-absent', `The disk ${name} is not in this machine.`, 'Put it in, or pin another disk.')];
  if (found.length > 1) return [severalFit(found, `Several disks answer to ${name}`)];
  if (disk.problem !== null || disk.content === null) return [unreadable(disk)];
  if (disk.exclusions.includes('read-only-hardware'))
    return [failure('disk.read-only', `${diskText(disk)} refuses to be written.`, 'Take off its write protection.')];
  const objection = unfit(disk, needs, hint);
  return objection === null ? disk : [objectionFailure(disk, objection)];
};

const severalFit = (disks: readonly Disk[], lead: string): Failure =>
  failure('disk.several-fit', `${lead}: ${disks.map(diskText).join('; ')}.`, 'Say which one, by its serial or WWN.');

const chooseByHint = ({ disks, needs, hint }: DiskQuestion): Disk | readonly Failure[] => {
  const own = disks.filter((disk) => disk.exclusions.length === 0);
  // A disk that cannot be read may be the very one that was meant, so it blocks the choice of another.
  const broken = own.filter((disk) => disk.problem !== null || disk.content === null);
  if (broken.length > 0) return broken.map(unreadable);
  const judged = own.map((disk) => ({ disk, objection: unfit(disk, needs, hint) }));
  const fitting = judged.filter((one) => one.objection === null).map((one) => one.disk);
  const [chosen] = fitting;
  if (chosen !== undefined) return fitting.length === 1 ? chosen : [severalFit(fitting, 'Several disks would do')];
  const objections = judged.flatMap(({ disk, objection }) => (objection === null ? [] : [{ disk, objection }]));
  const sizeOrSector = objections.filter(({ objection }) => objection.code !== 'disk.none-suitable');
  if (sizeOrSector.length > 0 && sizeOrSector.length === objections.length) {
    return objections.map(({ disk, objection }) => objectionFailure(disk, objection));
  }
  const reasons = disks.map((disk) => {
    const objection = objections.find((one) => one.disk === disk)?.objection;
    return `${diskText(disk)} ${objection?.words ?? disk.exclusions.map(exclusionText).join(' and ')}`;
  });
  const message = reasons.length === 0 ? 'This machine shows no disk.' : `No disk will do: ${reasons.join('; ')}.`;
  return [failure('disk.none-suitable', message, NEXT_BY_CODE['disk.none-suitable'] ?? '')];
};

/**
 * The one disk that the image goes to, or every failure found: `image.*` first, then `disk.pinned-absent`, `disk.several-fit`,
 * `disk.too-small`, `disk.sector-size`, `disk.unreadable`, `disk.read-only`, `disk.none-suitable`, `disk.indistinct`.
 */
export const chooseDisk = (question: DiskQuestion): DiskChoice => {
  const failures = imageFailures(question);
  const outcome = isPinned(question.hint) ? choosePinned(question) : chooseByHint(question);
  if (!('path' in outcome)) return { kind: 'refused', failures: [...failures, ...outcome] };
  const twin = indistinct(outcome, question.disks);
  if (twin === null && failures.length === 0) return { kind: 'chosen', disk: outcome };
  return { kind: 'refused', failures: [...failures, ...(twin === null ? [] : [twin])] };
};

/**
 * The disk that already holds this OSOID by its own trusted record. Media and networked volumes (a stick with a record) count
 * only when pinned; two disks that claim it are no answer.
 */
export const findInstalled = (disks: readonly Disk[], osoid: string, hint: DiskHint = {}): Disk | null => {
  // Not `exclusions`: an installed system may well keep its disk in a RAID set or volume group of one.
  const candidates = isPinned(hint) ? onePath(disks.filter((disk) => matchesPin(disk, hint))) : ownDisks(disks);
  const holders = candidates.filter((disk) => disk.provenance.verdict === 'trusted' && disk.provenance.osoid === osoid);
  return holders.length === 1 ? (holders[0] ?? null) : null;
};
