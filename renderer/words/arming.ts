// The words of arming: what the dialog asks, what the armed state says. "Erased" is said wherever something is erased.
import { count } from './numbers.ts';

const machines = (number: number): string => count(number, 'machine', 'machines');

export const ARMING = {
  open: 'Arm…',
  title: (site: string): string => `Arm ${site}?`,
  text: 'While the site is armed, machines that these policies decide are erased without a question.',
  machines: 'Machines, at most',
  machinesBad: 'A number from 1 to 1,000.',
  time: 'For',
  times: { '5': '5 minutes', '15': '15 minutes', '30': '30 minutes', '60': '1 hour', '120': '2 hours', '240': '4 hours' },
  policies: 'Policies that erase by themselves',
  deploys: (image: string): string => `deploys ${image}`,
  pinned: 'This very image: a newer one asks.',
  limit: (used: number, limit: number): string => `${used} of ${limit} at this site`,
  noPolicies: 'No policy that is on erases by itself. Give one consent “auto”, and switch it on.',
  groups: {
    erase: (number: number): string => `Erased without a question: ${machines(number)} with an empty disk`,
    replace: (number: number): string => `With something on the disk: ${machines(number)}`,
    ask: (number: number): string => `Ask all the same: ${machines(number)}`,
  },
  none: 'No machine known now would be erased.',
  later: (number: number): string =>
    `The longest waiting comes first. A machine that comes later is erased too, if one of these policies decides and its disk is empty. After ${machines(number)} the others ask.`,
  replaceToo: (number: number): string => `Erase ${number === 1 ? 'this one' : `these ${number}`} too, with what is on the disk`,
  replaceNot: (number: number): string => (number === 1 ? 'Unticked, it asks.' : 'Unticked, they ask.'),
  image: (image: string, policy: string): string => `${image} by ${policy}`,
  off: 'off now, as its agent last described it',
  disk: (title: string, name: string): string => `${title} · ${name}`,
  untouched: (disks: string): string => `Stays untouched: ${disks}`,
  why: (why: string): string => `${why.charAt(0).toUpperCase()}${why.slice(1)}.`,
  understand: (number: number, time: string): string => `Yes: up to ${machines(number)} may be erased without a question, for ${time}`,
  confirm: (number: number): string => `Arm for ${machines(number)}`,
  sending: 'Arming …',
  keep: 'Leave it disarmed',
  changed: 'What would be erased just changed. Look again.',
  armed: (site: string): string => `${site} is armed.`,
  region: 'Armed',
  state: 'ARMED',
  stateText: 'auto policies erase without a question',
  used: (used: number, number: number): string => `${used} of ${number} used`,
  left: (time: string): string => `${time} left`,
  by: (operator: string): string => `by ${operator}`,
  disarm: 'Disarm',
} as const;
