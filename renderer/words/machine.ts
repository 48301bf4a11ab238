// A machine in words: what its state is called, what the row says under it, and whether it asks, works, is done or failed.
import { percent } from './numbers.ts';
import type { JobStepName } from '../../agent/protocol/messages.ts';
import type { JobView, MachineView, Progress, Question } from '../../preload/contract/views.ts';

export type Tone = 'ask' | 'work' | 'ok' | 'fail' | 'idle';

/** What one machine asks of the person, works on, has done or failed at. Everything else is idle. */
export const toneOf = (machine: Pick<MachineView, 'state' | 'question'>): Tone => {
  if (machine.state === 'failed') return 'fail';
  if (machine.question !== null) return 'ask';
  switch (machine.state) {
    case 'unmatched':
    case 'ambiguous':
      return 'ask';
    case 'booting':
    case 'inventoried':
    case 'matched':
    case 'working':
      return 'work';
    case 'provisioned':
      return 'ok';
    case 'seen':
    case 'waiting':
      return 'idle';
  }
};

const QUESTION_WORD: Readonly<Record<Question['kind'], string>> = {
  erase: 'Deploy?',
  choose: 'Which image?',
  fact: 'A fact is missing',
  refused: 'Cannot deploy',
};

/** The state as one or two words. */
export const stateWord = (machine: MachineView): string => {
  if (machine.state !== 'failed' && machine.question !== null) {
    return machine.question.kind === 'fact' && machine.question.facts.length === 1
      ? `Which ${machine.question.facts[0]?.replace(/^input\./, '') ?? 'fact'}?`
      : machine.question.kind === 'erase' && machine.question.recipe !== undefined
        ? 'Build?'
        : QUESTION_WORD[machine.question.kind];
  }
  switch (machine.state) {
    case 'seen':
      return 'Heard';
    case 'booting':
      return 'Booting';
    case 'inventoried':
      return 'Reading hardware';
    case 'matched':
      return 'Checking disks';
    case 'unmatched':
      return 'No policy fits';
    case 'ambiguous':
      return 'Policies tie';
    case 'waiting':
      return 'On hold';
    case 'working':
      return 'At work';
    case 'provisioned':
      return 'Provisioned';
    case 'failed':
      return 'Failed';
  }
};

const WORK_WORDS: Readonly<Record<JobView['kind'], string>> = {
  deploy: 'Deploying',
  capture: 'Capturing',
  build: 'Building',
  verify: 'Checking',
};

/** The state with its progress, e.g. `Deploying 71 %` or `Capturing 20 %`. `kind`: what its job does, whose first steps have the same names. */
export const stateWithProgress = (machine: MachineView, progress: Progress | undefined, kind: JobView['kind'] | undefined): string => {
  if (machine.state !== 'working' || machine.question !== null || kind === undefined) return stateWord(machine);
  const word = progress !== undefined && CAPTURE_STEPS.has(progress.step) ? WORK_WORDS.capture : WORK_WORDS[kind];
  return progress === undefined ? word : `${word} ${percent(progress.fraction)}`;
};

/** Its agent answers and does nothing else: reading its disk is possible. The station judges again. */
export const mayBeCaptured = (machine: Pick<MachineView, 'online' | 'state'>): boolean =>
  machine.online && !['seen', 'booting', 'working', 'provisioned'].includes(machine.state);

export const STEPS: Readonly<Record<JobStepName, string>> = {
  check: 'Check the order',
  'void-record': 'Void the old record',
  heal: 'Give the library what it lacks',
  compare: 'Compare what is there',
  'fetch-write': 'Fetch and write',
  wipe: 'Wipe stale signatures',
  'read-back': 'Read back and verify',
  settings: 'Write its settings',
  table: 'Partition table',
  grow: 'Grow',
  'boot-entry': 'Boot entry',
  record: 'Write the record',
  script: 'Run the install script',
  install: "The vendor's installer is at work",
  survey: 'Look at the disk',
  identity: 'Look for its identity',
  'read-send': 'Read and send',
  publish: 'Put the image together',
};

/** A capture shows itself by its steps; it writes nothing, so it must not be called a deploy. */
const CAPTURE_STEPS: ReadonlySet<JobStepName> = new Set(['survey', 'identity', 'read-send', 'publish']);

export const identityLine = (machine: MachineView): string =>
  [
    [machine.manufacturer, machine.model].filter(Boolean).join(' ') || null,
    machine.serial === null ? null : `serial ${machine.serial}`,
    machine.position,
    firmwareWord(machine),
  ]
    .filter((part) => part !== null)
    .join(' · ');

export const firmwareWord = (machine: Pick<MachineView, 'firmware' | 'secureBoot'>): string | null =>
  machine.firmware === null
    ? null
    : machine.firmware === 'bios'
      ? 'BIOS'
      : machine.secureBoot === null
        ? 'UEFI'
        : machine.secureBoot
          ? 'UEFI, Secure Boot on'
          : 'UEFI, Secure Boot off';

export const modelLine = (machine: MachineView): string =>
  [machine.manufacturer, machine.model].filter(Boolean).join(' ') ||
  (machine.macs[0] === undefined || machine.macs[0] === machine.name ? 'hardware not known yet' : machine.macs[0]);
