// Consent to erase, as pure rules: what it is bound to, what voids it, and when an approval counts (docs/operating.md, "Consent").
import { createHash } from 'node:crypto';
import type { DiskIdentity } from '../../agent/protocol/disk.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Question } from '../../preload/contract/views.ts';

/** Everything that must still be the same when the first byte is written. */
export type ConsentSubject = {
  readonly machineId: string;
  /** One boot of the agent: a consent does not outlive it, save for a job that has begun to write. */
  readonly sessionId: string;
  readonly disk: DiskIdentity;
  readonly contentHash: string;
  readonly osoid: string;
};

/** Binds an approval to the very question that was on the screen. */
export const consentHash = ({ machineId, sessionId, disk, contentHash, osoid }: ConsentSubject): string =>
  createHash('sha256')
    .update(JSON.stringify(['consent/1', machineId, sessionId, disk.serial, disk.wwn, disk.sizeBytes, contentHash, osoid]))
    .digest('hex');

export const sameDisk = (a: DiskIdentity, b: DiskIdentity): boolean =>
  a.serial === b.serial && a.wwn === b.wwn && a.sizeBytes === b.sizeBytes;

/** False for a disk that has neither serial nor WWN: after a reboot nobody can say that it is the same one. */
export const isNamed = (disk: DiskIdentity): boolean => disk.serial !== null || disk.wwn !== null;

/** What a person types to name the disk: serial or WWN, and the size only where it has neither. */
export const eraseNames = (disk: DiskIdentity): readonly string[] => {
  const names = [disk.serial, disk.wwn].filter((name) => name !== null);
  return names.length > 0 ? names : [`size:${disk.sizeBytes}`];
};

export type Approval = { readonly eraseSerial: string; readonly consentHash: string };
export type EraseQuestion = Extract<Question, { kind: 'erase' }>;

/** The question that the approval answers. Failures: `consent.not-asked`, `consent.offline`, `consent.changed`, `consent.wrong-disk`. */
export const checkApproval = (question: Question | null, online: boolean, approval: Approval): Result<EraseQuestion> => {
  if (question?.kind !== 'erase') {
    return failed('consent.not-asked', 'This machine does not ask to erase a disk.', 'Look at what it asks now.');
  }
  if (!online) {
    return failed(
      'consent.offline',
      'The agent on this machine does not answer.',
      'Wait until it is back; it will ask again after a reboot.',
    );
  }
  if (approval.consentHash !== question.consentHash) {
    return failed(
      'consent.changed',
      'What would be erased is not what the approval was given for.',
      'Read the question again and approve that one.',
    );
  }
  const typed = approval.eraseSerial.trim().toLowerCase();
  if (!eraseNames(question.disk).some((name) => name.trim().toLowerCase() === typed)) {
    const names = eraseNames(question.disk).join(' or ');
    return failed(
      'consent.wrong-disk',
      `The disk to erase is ${names}, not ${approval.eraseSerial}.`,
      'Type the serial of the disk in the question.',
    );
  }
  return success(question);
};
