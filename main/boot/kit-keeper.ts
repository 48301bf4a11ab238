// Keeps the station's boot kit current: notices by the files' own marks (nine stat calls) that the folder holds something else, serves
// nothing from it from that moment, and serves the new kit once it is whole and every hash is right. No restart of the station.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failed } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { loadBootKit, verifyBootKit } from './kit.ts';
import type { BootKit } from './kit.ts';

export type KitKeeper = {
  /** What may be served now, or why nothing may. The same object as long as it is the same kit. */
  current(): Result<BootKit>;
  /** Looks at the folder; call it every few seconds and before something is served. Returns before hashes are compared. */
  look(): Promise<void>;
  /** Ends a comparison that runs. */
  stop(): Promise<void>;
};

export type KitKeeperOptions = {
  readonly folder: string;
  /** The kit or the reason changed; `changing` while it is being looked at. */
  readonly onChange: (kit: Result<BootKit>) => void;
  readonly onBug: (error: unknown) => void;
};

export const KIT_CHANGING: Failure = {
  code: 'boot.kit-changing',
  message: 'The boot kit is being replaced.',
  next: 'Wait until it is complete; the station takes it by itself.',
};

/** Resolves once what lies in the folder has been looked at and every hash compared. */
export const keepBootKit = async ({ folder, onChange, onBug }: KitKeeperOptions): Promise<KitKeeper> => {
  const stopping = new AbortController();
  let current: Result<BootKit> = { ok: false, failure: KIT_CHANGING };
  /** Of the files that `current` was judged by; null: judge again at the next look. */
  let marks: string | null = null;
  let paths: readonly string[] = [];
  let checking: Promise<void> | null = null;

  const set = (next: Result<BootKit>): void => {
    const same = next.ok ? current === next : !current.ok && current.failure.message === next.failure.message;
    current = next;
    if (!same) onChange(next);
  };

  const judge = async (): Promise<void> => {
    const manifestBefore = await marksOf(folder, []);
    const loaded = await loadBootKit(folder);
    if (!loaded.ok) {
      // Files may come after the manifest that names them: every look judges anew, which costs little until all sizes are right.
      marks = null;
      return set(loaded);
    }
    paths = loaded.value.files.map((file) => file.path);
    const before = await marksOf(folder, paths);
    const damaged = await verifyBootKit(loaded.value, stopping.signal);
    marks = await marksOf(folder, paths);
    // The manifest that was read must be the one whose files were compared.
    if (marks !== before || manifestBefore !== (await marksOf(folder, []))) {
      marks = null;
      return set({ ok: false, failure: KIT_CHANGING });
    }
    set(damaged.length === 0 ? loaded : damagedKit(damaged));
  };
  const check = (): Promise<void> => {
    checking ??= judge()
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) onBug(error);
      })
      .finally(() => (checking = null));
    return checking;
  };

  await check();
  return {
    current: () => current,
    look: async () => {
      if (checking !== null || (marks !== null && marks === (await marksOf(folder, paths)))) return;
      if (current.ok) set({ ok: false, failure: KIT_CHANGING });
      void check();
    },
    stop: async () => {
      stopping.abort();
      await checking;
    },
  };
};

/** What changes when any of the files is written or replaced. */
const marksOf = async (folder: string, paths: readonly string[]): Promise<string> => {
  const marks = await Promise.all(
    ['kit.json', ...paths].map(async (path) => {
      const found = await stat(join(folder, ...path.split('/')), { bigint: true }).catch(() => null);
      return found === null ? '-' : `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
    }),
  );
  return marks.join('\n');
};

const damagedKit = (damaged: readonly string[]): Result<BootKit> =>
  failed(
    'boot.kit-damaged',
    `The content of boot kit files is not what was built: ${damaged.join(', ')}.`,
    'Build it again: npm run bootkit.',
  );
