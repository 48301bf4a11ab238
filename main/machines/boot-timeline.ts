// The stages of one boot with their times, so that "why is it slow, where did it stop" has an answer. Pure.
import type { BootStage } from '../../preload/contract/views.ts';

export type StageName = 'DHCP' | 'loader' | 'kernel' | 'stage 1' | 'stage 2' | 'agent' | 'inventory' | 'waiting' | 'deploy' | 'own disk';

/** Firmware repeats its first request for some seconds; a later one is another boot. */
const SAME_BOOT_MS = 90_000;
const STAGES_MAX = 40;

/** The timeline after `stage` was entered: the open stage ends, and a first DHCP request begins a new boot. */
export const enterStage = (stages: readonly BootStage[], stage: StageName, atMs: number): readonly BootStage[] => {
  const last = stages.at(-1);
  if (last?.stage === stage && (stage !== 'DHCP' || atMs - last.startedAtMs < SAME_BOOT_MS)) return stages;
  const opened = { stage, startedAtMs: atMs, endedAtMs: null };
  if (stage === 'DHCP') return [opened];
  return [...endStage(stages, atMs), opened].slice(-STAGES_MAX);
};

/** Closes the open stage, if there is one. */
export const endStage = (stages: readonly BootStage[], atMs: number): readonly BootStage[] =>
  stages.map((one) => (one.endedAtMs === null ? { ...one, endedAtMs: atMs } : one));
