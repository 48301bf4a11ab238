// A file that a command writes for a person.
import { link, lstat, rename, rm, writeFile } from 'node:fs/promises';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

export type WriteWholeOptions = {
  /** Begins the codes: `policy` gives `policy.file-unwritable`. */
  readonly area?: string;
  /** False: a file that is there stays, and that is a failure (`….file-exists`). */
  readonly replace?: boolean;
};

/** File systems of carried disks have no links. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EISDIR', 'EINVAL']);

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** A link never takes the place of what is there; where there are none, a look before has to do. */
const placeNew = async (temporary: string, path: string): Promise<void> => {
  try {
    await link(temporary, path);
    await rm(temporary);
  } catch (error) {
    if (!NO_LINKS.has(codeOf(error))) throw error;
    const isThere = await lstat(path).then(
      () => true,
      () => false,
    );
    if (isThere) throw Object.assign(new Error(path), { code: 'EEXIST' });
    await rename(temporary, path);
  }
};

/** Whole or not at all: a reader never meets half a file. */
export const writeWhole = async (path: string, text: string, options: WriteWholeOptions = {}): Promise<Result<null>> => {
  const { area = 'policy', replace = true } = options;
  const temporary = `${path}.${process.pid}.part`;
  try {
    await writeFile(temporary, text, { flush: true });
    await (replace ? rename(temporary, path) : placeNew(temporary, path));
    return success(null);
  } catch (error) {
    await rm(temporary, { force: true });
    const reason = codeOf(error);
    if (!replace && reason === 'EEXIST')
      return failed(`${area}.file-exists`, `${path} is there already, and was left as it is.`, 'Give another name, or --replace.');
    return failed(`${area}.file-unwritable`, `${path} cannot be written (${reason}).`, 'Check the folder, its rights and its free space.');
  }
};
