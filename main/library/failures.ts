// The library's failures: what an operating-system error means to a person who carries libraries on disks.
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { failed } from '../../agent/protocol/failure.ts';

type Failed = { readonly ok: false; readonly failure: Failure };

const errnoOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** Turns an error of the file system into a failure; anything else is a bug and is thrown on. */
export const storeFailure = (error: unknown, name: string, doing: 'reading' | 'writing' = 'writing'): Failed => {
  const code = errnoOf(error);
  if (doing === 'reading' && ['EACCES', 'EPERM'].includes(code))
    return failed(
      'library.unreadable',
      `The library's ${name} must not be read by you (${code}).`,
      'Check who owns its disk or folder, and with what rights.',
    );
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return failed('library.full', 'There is no room left in the library.', 'Free some space or delete images, then try again.');
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return failed('library.read-only', 'The library cannot be written.', 'Check the write switch and the rights of the disk or folder.');
    case 'ENOENT':
    case 'ENOTDIR':
      return failed('library.missing', `The library has no ${name}.`, 'Check that its disk is plugged in, then open the library again.');
    case 'EIO':
    case 'ENODEV':
    case 'ENXIO':
    case 'ESTALE':
    case 'ENOTCONN':
    case 'ECONNABORTED':
      return failed('library.unreadable', `The library's disk does not answer (${code}).`, 'Plug the disk in again, or replace it.');
    default:
      if (code === '' || !(error instanceof Error)) throw error;
      return failed('library.unreadable', `The library's disk reports ${code} for ${name}.`, 'Check the disk, then try again.');
  }
};

export const libraryGone = (location: string): Failed =>
  failed('library.missing', `The library in ${location} is not there.`, 'Plug its disk in again; what waits for it goes on by itself.');

export const tornFile = (name: string): Failed =>
  failed('library.torn', `The library's ${name} is shorter than it should be.`, 'Heal the library from another copy of it.');

/** What brings chunks back that are lost. */
export const HEAL_CHUNKS =
  'Heal the library from another copy of it: rackside library repair --from FOLDER; or from a machine that carries the image: rackside verify MACHINE --heal';

export const corruptPack = (packId: string, chunkId: string, why: string): Failed =>
  failed(
    'library.pack-corrupt',
    `Pack ${packId.slice(0, 16)} holds a damaged chunk ${chunkId.slice(0, 16)}: ${why}`,
    `Once rackside library verify has found all that is damaged: ${HEAL_CHUNKS}`,
  );

/** The first failure of several results, if any. */
export const firstFailure = (results: readonly Result<unknown>[]): Failed | undefined =>
  results.find((result): result is Failed => !result.ok);
