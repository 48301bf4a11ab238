// A deep check on its machine: which disk, by whose record, against which image of an open library; and what its result says to a person.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Disk } from '../../agent/protocol/disk.ts';
import { hasDrifted } from '../../agent/protocol/verify.ts';
import type { OwnRange, VerifyResult } from '../../agent/protocol/verify.ts';
import type { VerifyJob } from '../jobs/job-rows.ts';
import { eraseNames, sameDisk } from './consent.ts';
import type { LibraryImage } from './decided.ts';
import { note } from './journey-parts.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { goBack } from './reading-end.ts';
import { beforeOf, callBack, orderReading, readableInventory } from './reading-job.ts';
import { isUsable } from './usable-image.ts';

/** `heal`: the library gets back what it lacks of the image, as far as this disk has it. */
export type VerifyRequest = { readonly diskSerial: string | null; readonly heal: boolean };

/**
 * Failures: `job.running`, `machine.offline`, `machine.not-ready`, `disk.unknown`, `verify.no-record`, `verify.several-disks`,
 * `verify.image-missing`, `image.untrusted`.
 */
export const requestVerify = (parts: Parts, machine: Machine, wish: VerifyRequest): Result<VerifyJob> => {
  const inventory = readableInventory(parts, machine, 'check');
  if (!inventory.ok) return inventory;
  const disk = chooseRecorded(inventory.value.disks, wish.diskSerial);
  if (!disk.ok) return disk;
  const image = imageOf(parts, machine, disk.value);
  if (!image.ok) return image;
  const { serial, wwn, sizeBytes, provenance } = disk.value;
  const { osoid, manifestSha256, name: imageName } = image.value;
  const job = parts.jobs.createVerify({
    kind: 'verify',
    machineId: machine.id,
    imageName,
    disk: { serial, wwn, sizeBytes },
    osoid,
    manifestSha256,
    wish: {
      own: rewrittenBy(parts, machine, disk.value, provenance.writtenAt),
      before: beforeOf(machine),
      ...(wish.heal ? { heal: true } : {}),
    },
  });
  const { operator } = parts.sites.current();
  const names = serial ?? wwn ?? `of ${sizeBytes} bytes`;
  const gives = wish.heal ? ', and has it give the library what that lacks of it' : '';
  note(parts, machine, 'verify.ordered', `${operator} compares disk ${names} with "${imageName}"${gives}.`, { jobId: job.id });
  callBack(parts, machine);
  orderReading(parts, machine, job);
  return success(job);
};

/** The disk that a record vouches for; by name where several do. */
const chooseRecorded = (disks: readonly Disk[], wanted: string | null): Result<Disk> => {
  const word = wanted?.trim().toLowerCase() ?? null;
  const named = disks.filter((disk) => word === null || eraseNames(disk).some((name) => name.trim().toLowerCase() === word));
  if (named.length === 0 && wanted !== null)
    return failed('disk.unknown', `This machine has no disk ${wanted}.`, 'Take the serial or WWN from the list of its disks.');
  const recorded = named.filter(({ provenance }) => provenance.verdict === 'trusted' && provenance.osoid !== null);
  const [disk] = recorded;
  if (disk === undefined) return noRecord(named);
  if (recorded.length > 1)
    return failed(
      'verify.several-disks',
      `${recorded.length} disks of this machine carry a record: ${recorded.map((one) => eraseNames(one)[0] ?? one.path).join(', ')}.`,
      'Name the one to check: --disk SERIAL.',
    );
  return success(disk);
};

const NO_RECORD: Readonly<Partial<Record<Disk['provenance']['verdict'], readonly [string, string]>>> = {
  'unknown-key': [
    'is signed with a key that this station does not trust',
    'Compare the key with its owner and trust it: rackside trust add KEY.',
  ],
  'other-disk': ['is about another disk: this one is a copy', 'Deploy an image to it; a copy is not vouched for.'],
  'other-table': [
    'is about a system that is there no more: the disk has been partitioned anew since',
    'Deploy an image to it, or capture what is on it now.',
  ],
  broken: ['is damaged', 'Deploy the image again: only what differs is fetched.'],
  voided: ['was voided by a deploy that did not end', 'Deploy the image again: it continues where it stopped.'],
};

const noRecord = (disks: readonly Disk[]): ReturnType<typeof failed> => {
  const why = disks.map(({ provenance }) => NO_RECORD[provenance.verdict]).find((one) => one !== undefined);
  return why === undefined
    ? failed(
        'verify.no-record',
        'No disk of this machine carries a record that says which image is on it.',
        'Deploy an image to it: one that is there already is compared, recorded, and not fetched again.',
      )
    : failed('verify.no-record', `The record on its disk ${why[0]}.`, why[1]);
};

/** By content: the same image may be known here by a newer manifest than the one that the record names. */
const imageOf = (parts: Parts, machine: Machine, { provenance }: Disk): Result<LibraryImage> => {
  const known = parts.images().filter(({ osoid }) => osoid === provenance.osoid);
  const image = known.find(({ manifestSha256 }) => manifestSha256 === provenance.manifestSha256) ?? known[0];
  if (image === undefined)
    return failed(
      'verify.image-missing',
      `The image that its record names (${(provenance.osoid ?? '').slice(0, 12)}, put there by ${provenance.stationName ?? 'an unknown station'}) is in no open library.`,
      'Plug in the disk that has it and open its library, then check again.',
    );
  if (isUsable(image, parts.overrides.get(machine.id))) return success(image);
  return failed(
    'image.untrusted',
    image.trust === 'broken'
      ? `The signature of "${image.name}" is wrong: the image was altered or damaged.`
      : `"${image.name}" is signed by key ${image.keyId}, which this station does not trust.`,
    image.trust === 'broken'
      ? 'Copy the image again from its source.'
      : `Compare the key with its owner and trust it: rackside trust add ${image.keyId}.`,
  );
};

/** What the deploy that wrote this very record reported; null where it was none of ours. */
const rewrittenBy = (parts: Parts, machine: Machine, disk: Disk, writtenAt: string | null): readonly OwnRange[] | null => {
  if (writtenAt === null) return null;
  const atMs = Date.parse(writtenAt);
  const job = parts.jobs.ofMachine(machine.id).findLast(({ id, kind, createdAtMs, endedAtMs, osoid }) => {
    const basis = parts.jobs.get(id);
    const isThisDisk = basis.ok && sameDisk(basis.value.disk, disk);
    return kind === 'deploy' && isThisDisk && osoid === disk.provenance.osoid && createdAtMs <= atMs && atMs <= (endedAtMs ?? 0);
  });
  return job?.result?.rewrittenRanges ?? null;
};

export const diskVerified = (parts: Parts, machine: Machine, job: VerifyJob, result: VerifyResult): Machine => {
  parts.jobs.verified(job.id, result);
  const healed = job.wish.heal === true ? healedBy(result) : { says: '', isWhole: true };
  const says = `${healed.says}${verdictOf(job.imageName, result)}`;
  const level = hasDrifted(result) || !healed.isWhole ? 'warn' : 'info';
  note(parts, machine, 'job.finished', says, { level, jobId: job.id });
  return goBack(parts, machine, job, says);
};

const MIB = 1024 * 1024;
const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

/** First, because that is what was wanted. */
const healedBy = ({ heal }: VerifyResult): { readonly says: string; readonly isWhole: boolean } => {
  if (heal === undefined)
    return { says: 'Its boot kit is older than this station and gave nothing back: boot it into the current one. ', isWhole: false };
  const { missing, returned } = heal;
  if (missing === 0) return { says: 'The library lacks nothing of this image. ', isWhole: true };
  if (missing === returned) return { says: `All ${missing} chunks that the library lacked came back. `, isWhole: true };
  const left = `${missing - returned} are still missing: heal them from another machine that carries this image, or with: rackside library repair --from FOLDER`;
  return { says: `${returned} of ${missing} chunks that the library lacked came back; ${left}. `, isWhole: false };
};

/** In one breath, for both screens. */
const verdictOf = (name: string, result: VerifyResult): string => {
  const { bytes, chunks, table, fetchBytes } = result;
  if (!hasDrifted(result)) return `Its disk is as "${name}" has it: ${chunks.same} chunks compared.`;
  const content =
    chunks.different === 0
      ? ''
      : ` in ${mib(bytes.different)} (${chunks.different} of ${chunks.same + chunks.different + chunks.own} chunks)`;
  const entries = table.length === 0 || chunks.different > 0 ? '' : ' in its partition table';
  return `Its disk differs from "${name}"${content}${entries}. Deployed again with rewrite it is as the image has it; at most ${mib(fetchBytes)} travel.`;
};
