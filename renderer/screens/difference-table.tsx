// What arrives held against what is here, field by field.
import { ARRIVAL_WORDS } from '../words/carrying.ts';
import rows from './rows.module.css';

const words = ARRIVAL_WORDS;

type Field = { readonly field: string; readonly here: string; readonly arriving: string };

export const DifferenceTable = ({ fields }: { readonly fields: readonly Field[] }) => (
  <table className={rows['table']}>
    <thead>
      <tr>
        <th scope="col">{words.field}</th>
        <th scope="col">{words.here}</th>
        <th scope="col">{words.arriving}</th>
      </tr>
    </thead>
    <tbody>
      {fields.map(({ field, here, arriving }) => (
        <tr key={field}>
          <th scope="row">{field}</th>
          <td className={rows['mono']}>{here}</td>
          <td className={rows['mono']}>{arriving}</td>
        </tr>
      ))}
    </tbody>
  </table>
);
