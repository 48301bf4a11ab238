// Looks for identity on a whole disk, filesystem by filesystem, and takes out of its image what a person wants out. Nothing here reaches
// the disk itself: the filesystems are those of an overlay.
import type { DiskOverlay } from '../disk/overlay.ts';
import { isSystemError } from '../disk/system-error.ts';
import type { IdentityFinding, IdentityKind, IdentityProblem, IdentityReport } from '../protocol/identity.ts';
import { FINDINGS_MOST } from '../protocol/identity.ts';
import type { Failure, Result } from '../protocol/failure.ts';
import { success } from '../protocol/failure.ts';
import { lookAtTree } from './identity.ts';
import type { DiskVolume, DiskVolumes } from './volumes.ts';

export type DiskLook = {
  readonly overlay: DiskOverlay;
  readonly disk: DiskVolumes;
  readonly neutralise: readonly IdentityKind[];
  readonly signal: AbortSignal;
};

const PROBLEMS_MOST = 256;

/**
 * Where nothing is to be changed, a filesystem that cannot be looked into is told of and no more. Codes otherwise:
 * `identity.mount-failed`, `identity.memory-full`, `identity.edit-failed`.
 */
export const lookAtDisk = async ({ overlay, disk, neutralise, signal }: DiskLook): Promise<Result<IdentityReport>> => {
  const findings: IdentityFinding[] = [];
  const problems: IdentityProblem[] = [...disk.problems];
  const wanted = new Set(neutralise);
  for (const volume of disk.volumes) {
    signal.throwIfAborted();
    const found = await lookAtVolume(overlay, volume, wanted);
    if (found.ok) findings.push(...found.value);
    else if (wanted.size > 0) return found;
    else problems.push(problemOf(volume, found.failure));
  }
  const listed = findings.slice(0, FINDINGS_MOST);
  return success({
    neutralise: [...neutralise],
    findings: listed,
    more: findings.length - listed.length,
    problems: problems.slice(0, PROBLEMS_MOST),
  });
};

const lookAtVolume = async (
  overlay: DiskOverlay,
  volume: DiskVolume,
  neutralise: ReadonlySet<IdentityKind>,
): Promise<Result<readonly IdentityFinding[]>> => {
  try {
    return await overlay.withTree(volume, neutralise.size === 0 ? 'look' : 'change', ({ tree, startFolder }) =>
      lookAtTree(tree, { volume: volume.name, hasSubvolumes: volume.kind === 'btrfs', startFolder, neutralise }),
    );
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const next = 'Check the filesystem with its own repair tool on the machine, then try again; the disk is as it was.';
    return {
      ok: false,
      failure: { code: 'identity.edit-failed', message: `In ${volume.name}: ${error.message}.`.slice(0, 900), next },
    };
  }
};

const problemOf = ({ name }: DiskVolume, { code, message, next }: Failure): IdentityProblem => ({
  volume: name,
  code,
  message: message.slice(0, 1000),
  next: next.slice(0, 600),
});

/** One line for the job: what was found, or taken out, by kind. */
export const describeReport = ({ findings, problems, neutralise }: IdentityReport): string => {
  const counts = new Map<string, number>();
  for (const { kind, outcome } of findings) {
    if (outcome === 'added') continue;
    const words = outcome === 'found' ? kind : outcome === 'left' ? `${kind} left` : `${kind} neutralised`;
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  const list = [...counts].map(([words, count]) => (count === 1 ? words : `${words} (${count})`)).join(', ');
  const unseen = problems.length === 0 ? '' : `; not looked into: ${problems.map(({ volume }) => volume).join(', ')}`;
  const none = neutralise.length === 0 ? 'nothing found' : 'nothing to neutralise';
  return `${list === '' ? none : `${neutralise.length === 0 ? 'found ' : ''}${list}`}${unseen}`.slice(0, 500);
};
