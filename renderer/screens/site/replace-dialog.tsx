// Another plan is there: what the new one changes, before it replaces it.
import { useRef } from 'react';
import { call } from '../../store/connection.ts';
import { factText, factTitle } from '../../words/facts.ts';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';
import rows from '../rows.module.css';
import styles from './site.module.css';
import type { FactValue } from '../../../agent/protocol/facts.ts';
import type { PlanDifference, PlanImport } from '../../../preload/contract/plan-views.ts';

const words = WORDS.site;
/** Values on the screen; the file has them all. */
const SHOWN = 200;

const valueText = (name: string, value: FactValue | null): string => (value === null ? words.nothing : factText({ name, value }));

const Names = ({ title, names }: { readonly title: string; readonly names: readonly string[] }) =>
  names.length === 0 ? null : (
    <div>
      <p>
        <strong>{title}</strong>
      </p>
      <p className={styles['names']}>{names.join(', ')}</p>
    </div>
  );

const Changed = ({ changed }: Pick<PlanDifference, 'changed'>) =>
  changed.length === 0 ? null : (
    <div>
      <p>
        <strong>{words.changed(changed.length)}</strong>
      </p>
      <table className={rows['table']}>
        <thead>
          <tr>
            {[words.machine, words.column, words.before, words.after].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {changed.slice(0, SHOWN).map(({ machine, column, before, after }) => (
            <tr key={`${machine} ${column}`}>
              <th scope="row">{machine}</th>
              <td>{factTitle(column)}</td>
              <td>{valueText(column, before)}</td>
              <td>{valueText(column, after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );

type ReplaceDialogProps = {
  readonly file: { readonly name: string; readonly text: string };
  readonly difference: PlanDifference;
  readonly note: string | null;
  readonly onReplaced: (done: PlanImport) => void;
  readonly onClose: () => void;
};

export const ReplaceDialog = ({ file, difference, note, onReplaced, onClose }: ReplaceDialogProps) => {
  const first = useRef<HTMLDivElement>(null);
  return (
    <FormDialog
      wide
      title={words.replaceTitle(file.name)}
      description={words.replaceText}
      submit={words.replace}
      ready
      firstFocus={first}
      onClose={onClose}
      onSubmit={async () => {
        const result = await call('plan.import', { ...file, replace: true });
        if (result.ok) onReplaced(result.value);
        return result;
      }}
    >
      {/* What is to be read takes the focus: it scrolls, and Enter does nothing there. */}
      <div ref={first} className={styles['difference']} tabIndex={-1}>
        {note === null ? null : <p>{note}</p>}
        <Names title={words.added(difference.added.length)} names={difference.added} />
        <Names title={words.removed(difference.removed.length)} names={difference.removed} />
        <Changed changed={difference.changed} />
      </div>
    </FormDialog>
  );
};
