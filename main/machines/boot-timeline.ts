// The stages of one boot with their times, so that "why is it slow, where did it stop" has an answer. Pure.
import type { BootStage, MachineState } from '../../preload/contract/views.ts';

const WORK = ['deploy', 'capture', 'build', 'verify'] as const;
const STAGES = ['DHCP', 'loader', 'kernel', 'stage 1', 'stage 2', 'agent', 'inventory', 'waiting', ...WORK, 'own disk'] as const;
export type StageName = (typeof STAGES)[number];

/** Firmware repeats its first request for some seconds; a later one is another boot. */
const SAME_BOOT_MS = 90_000;
const STAGES_MAX = 40;

const orderOf = (stage: string): number => STAGES.findIndex((name) => name === stage);
const AGENT = orderOf('agent');

/**
 * The timeline after `stage` was entered: the open stage ends. A first DHCP request begins a new boot, and so does any stage
 * before the agent that follows one with the agent; other steps backwards are late news of files that were fetched before.
 */
export const enterStage = (stages: readonly BootStage[], stage: StageName, atMs: number): readonly BootStage[] => {
  const last = stages.at(-1);
  const opened = { stage, startedAtMs: atMs, endedAtMs: null };
  if (last === undefined) return [opened];
  if (last.stage === stage && (stage !== 'DHCP' || atMs - last.startedAtMs < SAME_BOOT_MS)) return stages;
  const isBack = orderOf(stage) < orderOf(last.stage);
  if (stage === 'DHCP' || (isBack && orderOf(stage) < AGENT && orderOf(last.stage) >= AGENT)) return [opened];
  if (isBack && orderOf(stage) < AGENT) return stages;
  return [...endStage(stages, atMs), opened].slice(-STAGES_MAX);
};

/** Closes the open stage, if there is one. */
export const endStage = (stages: readonly BootStage[], atMs: number): readonly BootStage[] =>
  stages.map((one) => (one.endedAtMs === null ? { ...one, endedAtMs: atMs } : one));

/** The timeline after the machine moved to a state on its journey. */
export const stageOfState = (stages: readonly BootStage[], state: MachineState, atMs: number): readonly BootStage[] => {
  switch (state) {
    case 'unmatched':
    case 'ambiguous':
    case 'waiting':
      return enterStage(stages, 'waiting', atMs);
    case 'working': {
      const last = stages.at(-1);
      const isNamed = last !== undefined && last.endedAtMs === null && WORK.some((stage) => stage === last.stage);
      return isNamed ? stages : enterStage(stages, 'deploy', atMs);
    }
    case 'provisioned':
    case 'failed':
      return endStage(stages, atMs);
    case 'seen':
    case 'booting':
    case 'inventoried':
    case 'matched':
      return stages;
  }
};
