// The boot kit as the rest of the station sees it: what may be served, what an agent must come from, what windows and events say.
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { kitFile } from '../boot/kit.ts';
import type { BootKit } from '../boot/kit.ts';
import { KIT_CHANGING, keepBootKit } from '../boot/kit-keeper.ts';
import type { Events } from '../database/events.ts';

export type StationKit = {
  current(): BootKit | null;
  /** SHA-256 of stage 2, by which an agent says where it comes from; null while there is no kit to compare with. */
  stage2(): string | null;
  view(): { readonly kitId: string | null; readonly problem: Failure | null };
  look(): Promise<void>;
  stop(): Promise<void>;
};

export type StationKitOptions = {
  readonly folder: string;
  readonly events: Events;
  /** After every change but what the start found. */
  readonly onChange: () => void;
  readonly onBug: (error: unknown, where: string) => void;
};

export const startStationKit = async ({ folder, events, onChange, onBug }: StationKitOptions): Promise<StationKit> => {
  let isStarted = false;
  const tell = (found: Result<BootKit>): void => {
    if (!isStarted) return;
    if (found.ok) {
      const text = `A new boot kit is in place (${found.value.kitId.slice(0, 12)}, kernel ${found.value.kernelVersion}). Machines that run another one boot again.`;
      events.log({ kind: 'kit.changed', text });
    } else if (found.failure.code !== KIT_CHANGING.code) {
      events.log({ kind: 'kit.stopped', text: `${found.failure.message} ${found.failure.next}`, level: 'warn' });
    }
    onChange();
  };
  const keeper = await keepBootKit({
    folder,
    onChange: (found) => {
      try {
        tell(found);
      } catch (error) {
        onBug(error, 'boot kit');
      }
    },
    onBug: (error) => onBug(error, 'boot kit'),
  });
  isStarted = true;
  const current = (): BootKit | null => {
    const found = keeper.current();
    return found.ok ? found.value : null;
  };
  return {
    current,
    stage2: () => {
      const kit = current();
      return kit === null ? null : (kitFile(kit, 'stage2')?.sha256 ?? null);
    },
    view: () => {
      const found = keeper.current();
      return found.ok ? { kitId: found.value.kitId, problem: null } : { kitId: null, problem: found.failure };
    },
    look: keeper.look,
    stop: keeper.stop,
  };
};
