// What a job says while it runs, on this screen and at the station.
import type { Screen } from './console/screen.ts';
import type { DeployOptions } from './deploy.ts';
import { createReporter } from './link/reporter.ts';
import type { Reporter } from './link/reporter.ts';
import type { JobStepName } from './protocol/messages.ts';

export type JobVoice = Pick<DeployOptions, 'onStep' | 'onProgress'> & { readonly reporter: Reporter };

const STEP_WORDS: Readonly<Record<JobStepName, string>> = {
  check: 'Checking the disk and the order',
  'void-record': 'Marking the disk as being written',
  heal: 'Giving the library back what it lacks of the image',
  compare: 'Comparing the disk with the image',
  'fetch-write': 'Writing the image',
  wipe: 'Clearing what does not belong to the image',
  'read-back': 'Reading everything back',
  settings: 'Writing the settings of this machine',
  table: 'Fitting the partition table to the disk',
  grow: 'Growing what was asked to grow',
  'boot-entry': 'Setting the boot entry',
  record: 'Recording what was installed',
  script: 'Running the install script',
  install: "The vendor's installer is at work",
  survey: 'Looking at what the disk holds',
  identity: 'Looking for what makes the system one of its kind',
  'read-send': 'Reading the disk and sending what the library lacks',
  publish: 'The station puts the image together',
};

export const createJobVoice = (jobId: string, screen: Screen, send: Parameters<typeof createReporter>[0]): JobVoice => {
  const reporter = createReporter(send);
  let number = 0;
  return {
    reporter,
    onStep: (step, state, note) => {
      if (state === 'started') screen.show({ phase: STEP_WORDS[step], progress: null, waitingFor: null, failure: null });
      if (note !== '') screen.log(`${STEP_WORDS[step]}: ${note}`);
      reporter.send({ kind: 'step', jobId, step, state, note });
    },
    onProgress: (progress) => {
      number += 1;
      screen.show({ progress: { ...progress, step: STEP_WORDS[progress.step] } });
      reporter.send({ kind: 'progress', jobId, number, ...progress });
    },
  };
};
