// A boot on the wire in words, and which of many boots a person must look at first.
import type { WireTrailHead, WireVerdict } from '../../preload/contract/wire-views.ts';
import type { Tone } from './machine.ts';

export const BOOT_WORDS = {
  title: 'Why does a machine not boot?',
  text: 'What each machine asked for since the station started, where it stopped, and the next thing to try.',
  showOf: { open: 'Not booted yet', all: 'All boots' },
  filter: 'Machine or MAC',
  filterHelp: 'A whole MAC is looked up even if it is not in the list.',
  empty: 'Every machine that asked has booted. Nothing is waiting.',
  none: 'No machine has asked to boot since the station started.',
  nothingFits: 'No boot fits that.',
  repeated: (count: number, time: string): string => `${count} × in ${time}`,
  nothing: 'Nothing',
  since: (time: string): string => `for ${time} now`,
  next: 'Next',
  openMachine: 'Open machine',
  openWire: 'Open in the wire log',
  verdictWords: { arrived: 'Booted', 'own-disk': 'Own disk', going: 'Booting', stopped: 'Stopped', never: 'Not heard' },
  stages: 'Steps seen on the wire',
} as const;

export const VERDICT_TONES: Readonly<Record<WireVerdict['kind'], Tone>> = {
  stopped: 'fail',
  going: 'work',
  never: 'idle',
  arrived: 'ok',
  'own-disk': 'ok',
};

/** What needs a person first, then what is under way, then what is done; in each the latest first. */
const ORDER: Readonly<Record<WireVerdict['kind'], number>> = { stopped: 0, never: 1, going: 2, arrived: 3, 'own-disk': 3 };

export const byNeed = (a: WireTrailHead, b: WireTrailHead): number =>
  ORDER[a.verdict.kind] - ORDER[b.verdict.kind] || (b.startedAtMs ?? 0) - (a.startedAtMs ?? 0) || a.mac.localeCompare(b.mac);

export const isOpen = ({ verdict }: WireTrailHead): boolean => ORDER[verdict.kind] < ORDER.arrived;
