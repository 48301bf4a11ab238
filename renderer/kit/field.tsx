// Form fields with their label above, help and error below; the error is announced and tied to the input.
import { useId } from 'react';
import { cx } from './class-names.ts';
import styles from './field.module.css';
import type { ComponentProps, ReactNode } from 'react';

type Common = { readonly label: string; readonly help?: ReactNode; readonly error?: string | null; readonly mono?: boolean };

const Frame = ({ id, label, help, error, children }: Common & { readonly id: string; readonly children: ReactNode }) => (
  <div className={styles['field']}>
    <label className={styles['label']} htmlFor={id}>
      {label}
    </label>
    {children}
    {error ? (
      <p className={styles['error']} id={`${id}-error`} role="alert">
        {error}
      </p>
    ) : null}
    {help === undefined ? null : (
      <p className={styles['help']} id={`${id}-help`}>
        {help}
      </p>
    )}
  </div>
);

const described = (id: string, { help, error }: Common) => ({
  id,
  'aria-invalid': error ? true : undefined,
  'aria-describedby': cx(error && `${id}-error`, help !== undefined && `${id}-help`) || undefined,
});

export const TextField = ({ label, help, error, mono, ...rest }: Common & ComponentProps<'input'>) => {
  const id = useId();
  const common = { label, help, error: error ?? null };
  return (
    <Frame id={id} {...common}>
      <input
        autoComplete="off"
        spellCheck={false}
        {...rest}
        {...described(id, common)}
        className={cx(styles['input'], mono && styles['mono'])}
      />
    </Frame>
  );
};

export const TextArea = ({ label, help, error, mono, ...rest }: Common & ComponentProps<'textarea'>) => {
  const id = useId();
  const common = { label, help, error: error ?? null };
  return (
    <Frame id={id} {...common}>
      <textarea
        spellCheck={false}
        {...rest}
        {...described(id, common)}
        className={cx(styles['input'], styles['area'], mono && styles['mono'])}
      />
    </Frame>
  );
};

export type Choice = { readonly value: string; readonly label: string };

export const SelectField = ({
  label,
  help,
  error,
  choices,
  ...rest
}: Common & { readonly choices: readonly Choice[] } & ComponentProps<'select'>) => {
  const id = useId();
  const common = { label, help, error: error ?? null };
  return (
    <Frame id={id} {...common}>
      <select {...rest} {...described(id, common)} className={styles['input']}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </Frame>
  );
};
