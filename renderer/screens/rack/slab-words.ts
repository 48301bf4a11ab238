// The small words of a slab: what stands under its state, and the two figures at its right. Pure.
import { duration, elapsed, rate } from '../../words/numbers.ts';
import { STEPS, toneOf } from '../../words/machine.ts';
import { WORDS } from '../../words/screens.ts';
import type { JobView, MachineView, Progress } from '../../../preload/contract/views.ts';

/** The image where one is meant, else the machine's own sentence. */
export const underState = (machine: MachineView): string => {
  if (machine.state === 'failed') return machine.failure?.message ?? machine.says;
  if (machine.question?.kind === 'erase') return machine.question.imageName;
  if (machine.question !== null) return machine.says;
  if ((machine.state === 'working' || machine.state === 'provisioned') && machine.imageName !== null) return machine.imageName;
  return machine.says;
};

/** How long the rest takes at this rate, ms; null while the rate says nothing. */
export const restMs = (progress: Progress): number | null =>
  progress.step === 'fetch-write' && progress.bytesPerSecond > 0
    ? ((progress.bytesTotal - progress.bytesDone) / progress.bytesPerSecond) * 1000
    : null;

export const figuresOf = (
  machine: MachineView,
  job: JobView | undefined,
  progress: Progress | undefined,
  nowMs: number,
): readonly [string, string] => {
  if (machine.state === 'working' && progress !== undefined) {
    const rest = restMs(progress);
    return [
      progress.bytesPerSecond > 0 ? rate(progress.bytesPerSecond) : '',
      rest === null ? STEPS[progress.step].toLowerCase() : WORDS.rack.left(elapsed(rest)),
    ];
  }
  if (machine.state === 'provisioned') {
    if (job?.result) return [duration(job.result.seconds * 1000), job.result.bytesVerified > 0 ? WORDS.rack.verified : ''];
    return ['', `${elapsed(nowMs - machine.stateAtMs)} ${WORDS.rack.sinceHeard}`];
  }
  if (toneOf(machine) === 'ask' || machine.state === 'waiting') return [elapsed(nowMs - machine.stateAtMs), WORDS.rack.waiting];
  if (machine.state === 'failed') return [elapsed(nowMs - machine.stateAtMs), WORDS.rack.sinceHeard];
  return [elapsed(nowMs - machine.stateAtMs), machine.online || machine.state === 'booting' ? '' : ''];
};
