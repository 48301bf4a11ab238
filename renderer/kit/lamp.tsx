// One thin lamp a thing: its colour repeats what a word beside it says, so it is hidden from screen readers.
import { cx } from './class-names.ts';
import styles from './lamp.module.css';

export type Tone = 'ask' | 'work' | 'ok' | 'fail' | 'idle';

export const Lamp = ({ tone, shape = 'bar' }: { readonly tone: Tone; readonly shape?: 'bar' | 'dot' }) => (
  <span aria-hidden="true" className={cx(styles['lamp'], styles[shape], styles[tone])} />
);

/** Text in the colour of its tone. */
export const ToneText = ({ tone, children }: { readonly tone: Tone; readonly children: React.ReactNode }) => (
  <span className={cx(styles['text'], styles[`${tone}Text`])}>{children}</span>
);
