// What the search can do besides going somewhere: what is otherwise behind a switch, a menu or a key. Nothing here erases.
import { ARMING } from '../words/arming.ts';
import { COMMAND_WORDS } from '../words/commands.ts';
import { WORDS } from '../words/screens.ts';
import { setDense, useDensity } from './density.ts';
import { act } from './notices.ts';
import { go } from './route.ts';
import { useSelection } from './selection.ts';
import { nextAsking } from './selectors.ts';
import { setTheme } from './theme.ts';
import type { StationState } from './station-store.ts';

export type Command = { readonly id: string; readonly title: string; readonly detail: string; readonly run: () => void };

const LISTENING_MINUTES = 60;

/** Shows a machine: beside the rack where there is room, else in full. */
export const showMachine = (machineId: string): void => {
  useSelection.setState({ machineId });
  go('rack', innerWidth < 1080 ? machineId : null);
};

const ofStation = (station: NonNullable<StationState['station']>): Command =>
  station.listening.on
    ? {
        id: 'silence',
        title: COMMAND_WORDS.silence,
        detail: COMMAND_WORDS.silenceDetail,
        run: () => void act('listening.set', { on: false, minutes: null, macs: [] }),
      }
    : {
        id: 'listen',
        title: COMMAND_WORDS.listen,
        detail: COMMAND_WORDS.listenDetail,
        run: () => void act('listening.set', { on: true, minutes: LISTENING_MINUTES, macs: [] }),
      };

const ofMachine = ({ id, name, macs }: { readonly id: string; readonly name: string; readonly macs: readonly string[] }): Command[] => {
  const { said } = WORDS.machine;
  const detail = COMMAND_WORDS.selected;
  const [mac] = macs;
  return [
    ...(mac === undefined ? [] : [{ id: 'why', title: COMMAND_WORDS.whyNoBoot(name), detail, run: () => go('wire', mac) }]),
    { id: 'hold', title: COMMAND_WORDS.hold(name), detail, run: () => void act('machines.hold', { machineId: id }, said.hold(name)) },
    { id: 'retry', title: COMMAND_WORDS.retry(name), detail, run: () => void act('machines.retry', { machineId: id }, said.retry(name)) },
  ];
};

const ofArmed = (station: StationState['station']): readonly Command[] =>
  (station?.armed ?? null) === null
    ? []
    : [{ id: 'disarm', title: ARMING.disarm, detail: ARMING.stateText, run: () => void act('arming.disarm', {}) }];

/** In the order in which they are wanted most. */
export const commandsFor = (
  { station, machines }: Pick<StationState, 'station' | 'machines'>,
  selectedId: string | null,
): readonly Command[] => {
  const selected = selectedId === null ? undefined : machines.get(selectedId);
  const next = nextAsking([...machines.keys()], machines, selectedId);
  return [
    ...ofArmed(station),
    ...(next === null
      ? []
      : [{ id: 'next', title: COMMAND_WORDS.next, detail: machines.get(next)?.name ?? '', run: () => showMachine(next) }]),
    ...(station === null ? [] : [ofStation(station)]),
    ...(selected === undefined ? [] : ofMachine(selected)),
    ...(['position', 'name', 'state'] as const).map((sorting) => ({
      id: `order ${sorting}`,
      title: COMMAND_WORDS.order(WORDS.rack.sortings[sorting]),
      detail: '',
      run: () => {
        useSelection.setState({ sorting });
        go('rack');
      },
    })),
    {
      id: 'dense',
      title: useDensity.getState().dense ? COMMAND_WORDS.tall : COMMAND_WORDS.dense,
      detail: '',
      run: () => setDense(!useDensity.getState().dense),
    },
    ...(['dark', 'light', 'system'] as const).map((theme) => ({
      id: `theme ${theme}`,
      title: COMMAND_WORDS.theme(WORDS.settings.themes[theme]),
      detail: '',
      run: () => setTheme(theme),
    })),
  ];
};
