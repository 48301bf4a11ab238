// Buttons: one orange `act` for the one thing that acts, plain for the rest, `quiet` inside rows and bars.
import { cx } from './class-names.ts';
import styles from './button.module.css';
import type { ComponentProps } from 'react';

export type ButtonProps = ComponentProps<'button'> & {
  readonly look?: 'act' | 'plain' | 'ask' | 'quiet' | 'danger';
  /** Looks and acts disabled but keeps focus and its place, so that nothing jumps under a finger. */
  readonly inert?: boolean;
};

export const Button = ({ look = 'plain', inert = false, className, onClick, type = 'button', ...rest }: ButtonProps) => (
  <button
    {...rest}
    // oxlint-disable-next-line react/button-has-type -- given by the caller, `button` otherwise
    type={type}
    className={cx(styles['button'], styles[look], className)}
    aria-disabled={inert || undefined}
    onClick={inert ? (event) => event.preventDefault() : onClick}
  />
);
