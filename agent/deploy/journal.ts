// Tells the outside which step a job is in and how far: steps in pairs of started and done, progress at most four times a second
// with the rate of the last few seconds.
import type { JobStepName } from '../protocol/messages.ts';
import type { DeployOptions } from './types.ts';

export type Progress = { add(bytes: number): void };
export type StepWork<T> = (step: {
  readonly note: (text: string) => void;
  readonly progress: (bytesTotal: number) => Progress;
}) => Promise<T>;

export type Journal = {
  /** Runs one step. Nothing is reported done that threw. */
  step<T>(name: JobStepName, work: StepWork<T>): Promise<T>;
};

const REPORT_EVERY_MS = 250;
/** Rates over this window follow a change of pace without jumping at every batch. */
const RATE_WINDOW_MS = 4000;

export const createJournal = (
  options: Pick<DeployOptions, 'signal' | 'onStep' | 'onProgress'> & { readonly now: () => number },
): Journal => ({
  step: async (name, work) => {
    options.signal.throwIfAborted();
    let note = '';
    let finish = (): void => {};
    options.onStep(name, 'started', '');
    const value = await work({
      note: (text) => {
        note = text;
      },
      progress: (bytesTotal) => {
        const meter = createMeter(name, bytesTotal, options);
        finish = meter.finish;
        return meter;
      },
    });
    finish();
    options.onStep(name, 'done', note);
    return value;
  },
});

const createMeter = (
  step: JobStepName,
  bytesTotal: number,
  { now, onProgress }: Pick<DeployOptions, 'onProgress'> & { readonly now: () => number },
): Progress & { finish(): void } => {
  let bytesDone = 0;
  let reportedAtMs = now();
  let samples: readonly { readonly atMs: number; readonly bytes: number }[] = [{ atMs: reportedAtMs, bytes: 0 }];
  const report = (atMs: number): void => {
    samples = [
      ...samples.filter((sample, index) => atMs - sample.atMs <= RATE_WINDOW_MS || index === samples.length - 1),
      { atMs, bytes: bytesDone },
    ];
    const [oldest] = samples;
    const elapsedMs = atMs - (oldest?.atMs ?? atMs);
    const bytesPerSecond = elapsedMs > 0 ? Math.round(((bytesDone - (oldest?.bytes ?? 0)) * 1000) / elapsedMs) : 0;
    reportedAtMs = atMs;
    onProgress({ step, bytesDone, bytesTotal, bytesPerSecond });
  };
  return {
    add: (bytes) => {
      bytesDone += bytes;
      const atMs = now();
      if (atMs - reportedAtMs >= REPORT_EVERY_MS) report(atMs);
    },
    finish: () => report(now()),
  };
};
