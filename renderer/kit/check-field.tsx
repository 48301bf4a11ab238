// One yes or no in a form, with its sentence.
import styles from './check-field.module.css';

type CheckFieldProps = { readonly label: string; readonly checked: boolean; readonly onChange: (checked: boolean) => void };

export const CheckField = ({ label, checked, onChange }: CheckFieldProps) => (
  <label className={styles['field']}>
    <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
    {label}
  </label>
);
