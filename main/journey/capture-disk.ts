// Which disk of a machine a capture reads: the only one that holds something, or the one a person named. PURE. Reading harms nothing,
// but half of a system that spans disks is no image, and a guess would put the wrong one into the library.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Disk, DiskExclusion } from '../../agent/protocol/disk.ts';
import { eraseNames } from './consent.ts';

/** Alone they hold a part of something. */
const PARTIAL: ReadonlySet<DiskExclusion> = new Set(['raid-member', 'spanning-volume-group', 'spanning-pool']);

const GB = 1e9;
const text = (disk: Disk): string =>
  `${eraseNames(disk)[0] ?? disk.path} (${disk.model ?? 'disk'}, ${(disk.sizeBytes / GB).toFixed(1)} GB, ${disk.content?.recognisedOs ?? disk.content?.table ?? 'unreadable'})`;

const isNamed = (disk: Disk, word: string): boolean => eraseNames(disk).some((name) => name.trim().toLowerCase() === word);

/** Codes: `capture.no-disk`, `capture.several-disks`, `capture.disk-spans`, `capture.disk-unreadable`, `capture.disk-blank`, `disk.unknown`. */
export const chooseSource = (disks: readonly Disk[], wanted: string | null): Result<Disk> => {
  if (wanted === null) {
    const candidates = disks.filter((disk) => disk.exclusions.length === 0 && disk.content?.blank !== true);
    const [only] = candidates;
    if (only !== undefined && candidates.length === 1) return readable(only);
    return only === undefined
      ? failed(
          'capture.no-disk',
          'This machine has no fixed disk that holds anything.',
          'Name a disk with --disk SERIAL if it has another one.',
        )
      : failed(
          'capture.several-disks',
          `This machine has ${candidates.length} disks that could be captured: ${candidates.map(text).join('; ')}.`,
          'Name the one to capture: --disk SERIAL.',
        );
  }
  const word = wanted.trim().toLowerCase();
  const named = disks.filter((disk) => isNamed(disk, word));
  const [disk] = named;
  if (disk === undefined) {
    return failed(
      'disk.unknown',
      `This machine has no disk ${wanted}; it has ${disks.map(text).join('; ') || 'none'}.`,
      'Type the serial of one of its disks.',
    );
  }
  if (named.length > 1)
    return failed('capture.several-disks', `${named.length} disks of this machine are called ${wanted}.`, 'Name its WWN instead.');
  return readable(disk);
};

const readable = (disk: Disk): Result<Disk> => {
  if (disk.exclusions.some((exclusion) => PARTIAL.has(exclusion))) {
    return failed(
      'capture.disk-spans',
      `What is on ${text(disk)} continues on other disks, so that it is no image alone.`,
      'Capture a machine whose system lies on one disk.',
    );
  }
  if (disk.content === null) {
    return {
      ok: false,
      failure: disk.problem ?? {
        code: 'capture.disk-unreadable',
        message: `${disk.path} could not be read.`,
        next: 'Check the disk and its cable.',
      },
    };
  }
  return disk.content.blank
    ? failed('capture.disk-blank', `${text(disk)} holds nothing.`, 'Choose a disk that has a system on it.')
    : success(disk);
};
