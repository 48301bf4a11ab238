// An on/off switch that says its state in words too (Radix Switch).
import { Switch as Radix } from 'radix-ui';
import styles from './switch.module.css';

export type SwitchProps = {
  readonly checked: boolean;
  readonly onChange: (next: boolean) => void;
  readonly label: string;
  readonly disabled?: boolean;
};

export const Switch = ({ checked, onChange, label, disabled = false }: SwitchProps) => (
  <Radix.Root className={styles['root']} checked={checked} onCheckedChange={onChange} disabled={disabled} aria-label={label}>
    <Radix.Thumb className={styles['thumb']} />
  </Radix.Root>
);
