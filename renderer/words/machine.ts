// A machine in words: what its state is called, what the row says under it, and whether it asks, works, is done or failed.
import { percent } from './numbers.ts';
import type { JobStepName } from '../../agent/protocol/messages.ts';
import type { MachineView, Progress, Question } from '../../preload/contract/views.ts';

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
      return 'Deploying';
    case 'provisioned':
      return 'Provisioned';
    case 'failed':
      return 'Failed';
  }
};

/** The state with its progress, e.g. `Deploying 71 %`. */
export const stateWithProgress = (machine: MachineView, progress: Progress | undefined): string =>
  machine.state === 'working' && progress !== undefined ? `${stateWord(machine)} ${percent(progress.fraction)}` : stateWord(machine);

export const STEPS: Readonly<Record<JobStepName, string>> = {
  check: 'Check the order',
  'void-record': 'Void the old record',
  compare: 'Compare what is there',
  'fetch-write': 'Fetch and write',
  wipe: 'Wipe stale signatures',
  'read-back': 'Read back and verify',
  table: 'Partition table',
  grow: 'Grow the last partition',
  'boot-entry': 'Boot entry',
  record: 'Write the record',
};

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
