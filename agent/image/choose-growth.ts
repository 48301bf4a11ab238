// Which partition a person means who wants something to grow, judged from what a manifest says of an image, before a byte is written
// and on both sides of the wire.
import { parseGrow } from '../protocol/grow.ts';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';

export type GrowCandidate = {
  readonly number: number;
  readonly name: string;
  /** GPT type GUID or MBR type, where it is known. */
  readonly type?: string | undefined;
  /** As identifyFilesystem names it; null: none known. */
  readonly filesystem: string | null;
  readonly label?: string | null | undefined;
  readonly startLba: number;
  readonly sectors: number;
};

/** Null: nothing is to grow. `isDefault`: nobody named it, so that what cannot grow is a note and no failure. */
export type ChosenGrowth = { readonly number: number; readonly volume: string | null; readonly isDefault: boolean } | null;

/** Root partitions of the Discoverable Partitions Specification: x86-64, x86, arm64, riscv64. */
const ROOT_TYPES = new Set([
  '4f68bce3-e8cd-4db1-96e7-fbcaf984b709',
  '44479540-f297-41b2-9af7-d131d5f0458a',
  'b921b045-1df0-41c3-af44-4c6f280d3fae',
  '72ec70a6-cf74-40e6-bd49-4bda08e8f224',
]);
const GROWABLE = new Set(['ext', 'xfs', 'btrfs', 'ntfs', 'lvm']);
const NEXT = 'Choose with --grow a partition by its number, name or label, "last", or "none"; `rackside images show` lists them.';

export const isGrowable = (filesystem: string | null): boolean => filesystem !== null && GROWABLE.has(filesystem);

/** True where its content is made again in no time, so that it may move out of the way. */
export const isMovable = ({ filesystem, label, sectors }: GrowCandidate, sectorBytes: number): boolean =>
  filesystem === 'swap' || (isSeedLabel(label) && filesystem === 'vfat' && sectors * sectorBytes <= SEED_COPY_MOST_BYTES);

/** A settings partition is moved with all that is in it. */
export const SEED_COPY_MOST_BYTES = 16 * 1024 * 1024;

/** cloud-init looks for either case. */
export const isSeedLabel = (label: string | null | undefined): boolean => label?.toLowerCase() === 'cidata';

/** Codes: `deploy.grow-unknown`, `deploy.grow-unsupported`, `deploy.grow-blocked`. `filesystem: null` passes where nothing said what it is. */
export const chooseGrowth = (text: string, candidates: readonly GrowCandidate[], sectorBytes: number): Result<ChosenGrowth> => {
  const wish = parseGrow(text);
  if (wish.kind === 'none') return success(null);
  const inOrder = candidates.toSorted((a, b) => a.startLba - b.startLba);
  if (wish.kind === 'last') {
    const last = inOrder.findLast((one) => !isMovable(one, sectorBytes));
    return success(last === undefined ? null : { number: last.number, volume: null, isDefault: true });
  }
  const found = named(wish, inOrder);
  const [one] = found;
  if (one === undefined) return unknown(text, inOrder);
  if (found.length > 1)
    return failed(
      'deploy.grow-unknown',
      `"${text}" names partitions ${found.map(({ number }) => number).join(' and ')} of this image.`,
      NEXT,
    );
  if (one.filesystem !== null && !isGrowable(one.filesystem))
    return failed(
      'deploy.grow-unsupported',
      `Partition ${one.number} holds ${one.filesystem}, which cannot grow here: ext2/3/4, XFS, Btrfs, NTFS and LVM can.`,
      NEXT,
    );
  const behind = inOrder.filter(({ startLba }) => startLba >= one.startLba + one.sectors);
  const wall = behind.find((other) => !isMovable(other, sectorBytes));
  // It may still have room between it and its neighbour.
  if (wall !== undefined && wall.startLba - (one.startLba + one.sectors) < (1024 * 1024) / sectorBytes)
    return failed(
      'deploy.grow-blocked',
      `Partition ${one.number} cannot grow: partition ${wall.number}${wall.filesystem === null ? '' : ` (${wall.filesystem})`} stands right behind it and is not moved.`,
      'Let the last partition grow, or make an image with this one at the end of the disk.',
    );
  return success({ number: one.number, volume: wish.kind === 'volume' ? `${wish.group}/${wish.volume}` : null, isDefault: false });
};

const named = (
  wish: Exclude<ReturnType<typeof parseGrow>, { kind: 'none' | 'last' }>,
  candidates: readonly GrowCandidate[],
): readonly GrowCandidate[] => {
  switch (wish.kind) {
    case 'number':
      return candidates.filter(({ number }) => number === wish.number);
    case 'volume':
      return candidates.filter(({ filesystem }) => filesystem === 'lvm');
    case 'name': {
      const exact = candidates.filter(({ name, label }) => name === wish.name || label === wish.name);
      if (exact.length > 0) return exact;
      const word = wish.name.toLowerCase();
      const near = candidates.filter(({ name, label }) => name.toLowerCase() === word || label?.toLowerCase() === word);
      return near.length > 0 || word !== 'root' ? near : candidates.filter(({ type }) => type !== undefined && ROOT_TYPES.has(type));
    }
  }
};

const unknown = (text: string, candidates: readonly GrowCandidate[]): ReturnType<typeof failed> => {
  const list = candidates.map(({ number, name, label, filesystem }) => {
    const words = [name, label ?? '', filesystem ?? ''].filter((word, index, all) => word !== '' && all.indexOf(word) === index);
    return words.length === 0 ? `${number}` : `${number} (${words.join(', ')})`;
  });
  return failed('deploy.grow-unknown', `The image has no partition "${text}"; it has ${list.join(', ') || 'none'}.`, NEXT);
};
