// Is there something to serve, and room to keep it: boot kit and library folder. Pure judgements.
import type { Result } from '../../agent/protocol/failure.ts';
import type { BootKit } from '../boot/kit.ts';
import { fail, pass, warn } from './report.ts';
import type { Judgement } from './report.ts';

/** @param damaged files whose hash is wrong; null = hashes were not compared. */
export const judgeBootKit = (kit: Result<BootKit>, damaged: readonly string[] | null): Judgement => {
  if (!kit.ok) return fail('boot-kit', kit.failure.message, kit.failure.next, { code: kit.failure.code });
  const { kitId, kernelVersion, files } = kit.value;
  const facts = { kitId, kernelVersion, files: files.length, hashesCompared: damaged !== null };
  if (damaged !== null && damaged.length > 0)
    return fail(
      'boot-kit',
      `The content of boot kit files is not what was built: ${damaged.join(', ')}.`,
      'Build it again: npm run bootkit.',
      facts,
    );
  return pass('boot-kit', `The boot kit is complete (kernel ${kernelVersion}${damaged === null ? '' : ', every hash right'}).`, facts);
};

export interface LibraryFolder {
  readonly path: string;
  /** `new`: not there yet, and the station will make it when it starts. */
  readonly state: 'writable' | 'new' | 'missing' | 'read-only' | 'no-folder';
  /** Null when it could not be read. */
  readonly freeBytes: number | null;
}

/** One captured server with a modest system; less and the first capture of the day fails half way. */
const roomBytes = 20e9;

export const judgeLibrary = ({ path, state, freeBytes }: LibraryFolder): Judgement => {
  const facts = { path, state, freeBytes };
  switch (state) {
    case 'missing':
      return fail('library', `The library folder ${path} is not there.`, 'Plug in the disk it is on, or choose another folder.', facts);
    case 'new':
      return pass('library', `The library will be made in ${path} when the station starts.`, facts);
    case 'no-folder':
      return fail('library', `${path} is no folder.`, 'Choose another library folder.', facts);
    case 'read-only':
      return warn(
        'library',
        `The library folder ${path} cannot be written.`,
        'Images can be deployed from it; to capture or build, choose a folder that you may write to.',
        facts,
      );
    case 'writable':
      if (freeBytes !== null && freeBytes < roomBytes)
        return warn(
          'library',
          `Only ${(freeBytes / 1e9).toFixed(1)} GB are free for the library in ${path}.`,
          'Make room before capturing or building images.',
          facts,
        );
      return pass(
        'library',
        `The library in ${path} can be written${freeBytes === null ? '' : `; ${Math.floor(freeBytes / 1e9)} GB are free`}.`,
        facts,
      );
  }
};
