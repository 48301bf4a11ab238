// The fields in the order in which they are asked: what each takes, when it is asked, and who needs it.
import { labelOf } from '../../../agent/protocol/fields.ts';
import { answerKind } from '../../../preload/contract/field-words.ts';
import { Button } from '../../kit/button.tsx';
import { ToneText } from '../../kit/lamp.tsx';
import { useStation } from '../../store/station-store.ts';
import { WORDS } from '../../words/screens.ts';
import { usersOf } from './fact-users.ts';
import rows from '../rows.module.css';
import styles from './fields.module.css';
import type { StationField } from '../../../preload/contract/fields.ts';
import type { RecipeView } from '../../../preload/contract/recipe.ts';

const words = WORDS.fields;

const Needed = ({ name, recipes }: { readonly name: string; readonly recipes: readonly RecipeView[] }) => {
  const policies = useStation((state) => state.policies);
  const machines = useStation((state) => state.machines);
  const users = usersOf(name, policies, recipes, machines.values());
  if (users.policies.length + users.recipes.length + users.waiting === 0) return <span className={rows['dim']}>{words.nobody}</span>;
  return (
    <ul>
      {users.waiting === 0 ? null : (
        <li>
          <ToneText tone="ask">{words.waiting(users.waiting)}</ToneText>
        </li>
      )}
      {users.policies.map((policy) => (
        <li key={policy}>
          <a href="#/policies">{words.policy(policy)}</a>
        </li>
      ))}
      {users.recipes.map((recipe) => (
        <li key={recipe}>
          <a href={`#/recipes/${recipe}`}>{words.recipe(recipe)}</a>
        </li>
      ))}
    </ul>
  );
};

type RowActions = { readonly onEdit: (field: StationField) => void; readonly onRemove: (field: StationField) => void };

const Row = ({
  field,
  recipes,
  onEdit,
  onRemove,
}: { readonly field: StationField; readonly recipes: readonly RecipeView[] } & RowActions) => {
  const label = labelOf(field);
  const { columns } = words;
  return (
    <tr>
      <th scope="row">
        <strong>{label}</strong>
        <span className={styles['fact']}>{field.name}</span>
      </th>
      <td data-column={columns.answer}>
        {answerKind(field)}
        {field.help === undefined ? null : <span className={styles['more']}>{field.help}</span>}
      </td>
      <td data-column={columns.asked}>
        {field.everyMachine ? words.everyMachine : words.whereWanted}
        <span className={styles['more']}>
          {field.required ? words.required : words.optional}
          {field.default === undefined ? '' : ` · ${words.preset(field.default)}`}
        </span>
      </td>
      <td data-column={columns.needed}>
        <Needed name={field.name} recipes={recipes} />
      </td>
      <td className={styles['tools']}>
        <Button look="quiet" aria-label={words.editNamed(label)} onClick={() => onEdit(field)}>
          {words.edit}
        </Button>
        <Button look="quiet" aria-label={words.removeNamed(label)} onClick={() => onRemove(field)}>
          {words.remove}
        </Button>
      </td>
    </tr>
  );
};

export const FieldsTable = ({ recipes, ...actions }: { readonly recipes: readonly RecipeView[] } & RowActions) => {
  const fields = useStation((state) => state.fields);
  const { columns } = words;
  return (
    <table className={styles['table']}>
      <thead>
        <tr>
          <th scope="col">{columns.field}</th>
          <th scope="col">{columns.answer}</th>
          <th scope="col">{columns.asked}</th>
          <th scope="col">{columns.needed}</th>
          <th scope="col">{columns.tools}</th>
        </tr>
      </thead>
      <tbody>
        {fields.map(({ field }) => (
          <Row key={field.name} field={field} recipes={recipes} {...actions} />
        ))}
      </tbody>
    </table>
  );
};
