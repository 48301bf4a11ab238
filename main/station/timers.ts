// What the station does by the clock: every few seconds who is silent and whether the boot kit is still the one, every few minutes
// what need not be kept any longer.
import type { Agents } from '../agents/agents.ts';
import type { Shelf } from '../library/shelf.ts';
import type { Journey } from '../journey/journey.ts';
import type { Machines } from '../machines/machines.ts';
import type { StationKit } from './kit.ts';

export type TimerParts = {
  readonly agents: Agents;
  readonly journey: Journey;
  readonly machines: Machines;
  readonly kit: StationKit;
  readonly library: Pick<Shelf, 'look'>;
  onBug(error: unknown, where: string): void;
  /** Runs it; what it throws ends nothing. */
  safely(where: string, work: () => void): void;
};

const TICK_MS = 2_000;
/** First after this time as well: by then every agent that is still there has been heard. */
const TIDY_MS = 5 * 60_000;

export const startTimers = ({ agents, journey, machines, kit, library, onBug, safely }: TimerParts): { stop(): void } => {
  const tick = setInterval(() => {
    safely('tick', () => journey.tick());
    void kit.look();
    library.look().catch((error: unknown) => onBug(error, 'library'));
  }, TICK_MS);
  const tidy = setInterval(
    () =>
      safely('tidy', () => {
        journey.forgetSessions(agents.tidy());
        machines.tidy();
      }),
    TIDY_MS,
  );
  return {
    stop: () => {
      clearInterval(tick);
      clearInterval(tidy);
    },
  };
};
