// What was seen of the latest boot of every MAC, in memory: a boot is minutes long, and what it meant is in the event log. Pure but
// for what it remembers.
import { WIRE_STAGES } from '../../preload/contract/wire-views.ts';
import type { WireStage, WireStep } from '../../preload/contract/wire-views.ts';

export type Trail = { readonly mac: string; readonly steps: readonly WireStep[] };

export type Sighting = Pick<WireStep, 'stage' | 'text' | 'code' | 'why'> & { readonly mac: string };

export type Trails = {
  note(sighting: Sighting, atMs: number): void;
  of(mac: string): Trail | null;
  all(): readonly Trail[];
};

const MACS_MAX = 2000;
/** More than any boot has; a client that makes up names must not fill the memory. */
const STEPS_MAX = 60;
/** Firmware that asks again after this silence was started again. */
const NEW_BOOT_MS = 5 * 60_000;

export const orderOf = (stage: WireStage): number => WIRE_STAGES.indexOf(stage);

/** The furthest stage that went well. */
export const furthest = (steps: readonly WireStep[]): WireStep | null =>
  steps.reduce<WireStep | null>(
    (best, step) => (step.ok && (best === null || orderOf(step.stage) >= orderOf(best.stage)) ? step : best),
    null,
  );

/** Asking for an address begins a boot, unless it is the same asking going on. */
const beginsBoot = (steps: readonly WireStep[], stage: WireStage, atMs: number): boolean => {
  const last = steps.at(-1);
  if (stage !== 'asked' || last === undefined) return false;
  // What was read of files is behind us: this firmware was started again.
  const wasFurther = steps.some((one) => orderOf(one.stage) >= orderOf('loader'));
  return wasFurther || atMs - last.lastAtMs > NEW_BOOT_MS;
};

/** The steps after one more sighting; equal ones are counted and not repeated. */
export const withSighting = (steps: readonly WireStep[], { stage, text, code, why }: Sighting, atMs: number): readonly WireStep[] => {
  const known = beginsBoot(steps, stage, atMs) ? [] : steps;
  const at = known.findIndex((step) => step.stage === stage && step.text === text && step.why === why);
  const before = known[at];
  if (before === undefined)
    return [...known, { stage, text, code, why, ok: why === null, firstAtMs: atMs, lastAtMs: atMs, count: 1 }].slice(-STEPS_MAX);
  return known.with(at, { ...before, lastAtMs: atMs, count: before.count + 1 });
};

export const createTrails = (): Trails => {
  const byMac = new Map<string, Trail>();
  return {
    note: (sighting, atMs) => {
      const { mac } = sighting;
      const steps = withSighting(byMac.get(mac)?.steps ?? [], sighting, atMs);
      // Put in again at the end, so that the first is always the one heard longest ago.
      byMac.delete(mac);
      byMac.set(mac, { mac, steps });
      const [oldest] = byMac.keys();
      if (byMac.size > MACS_MAX && oldest !== undefined) byMac.delete(oldest);
    },
    of: (mac) => byMac.get(mac) ?? null,
    all: () => [...byMac.values()].toReversed(),
  };
};
