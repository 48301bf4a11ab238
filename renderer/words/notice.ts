// What a notification of the desktop says.
import { toneOf } from './machine.ts';
import type { MachineView } from '../../preload/contract/views.ts';

const MOST_NAMES = 5;
const [TITLE_MOST, BODY_MOST] = [120, 400];

/** At least one machine. */
export const NOTICE_WORDS = (machines: readonly MachineView[]): { readonly title: string; readonly body: string } => {
  const [one, ...more] = machines;
  const names = machines.slice(0, MOST_NAMES).map(({ name }) => name);
  const rest = machines.length - names.length;
  const title =
    one !== undefined && more.length === 0
      ? `${one.name} ${toneOf(one) === 'fail' ? 'has failed' : 'asks you'}`
      : `${machines.length} machines need you`;
  const body = one !== undefined && more.length === 0 ? one.says : `${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  return { title: title.slice(0, TITLE_MOST), body: body.slice(0, BODY_MOST) };
};
