// Whether a capture takes out of the image what makes its system one of its kind, and which kinds stay in.
import { IDENTITY_KINDS } from '../../../agent/protocol/identity.ts';
import { CheckField } from '../../kit/check-field.tsx';
import { IDENTITY_KIND_WORDS, IDENTITY_WORDS } from '../../words/identity.ts';
import rows from '../rows.module.css';
import styles from './dialogs.module.css';
import type { IdentityKind } from '../../../agent/protocol/identity.ts';

const words = IDENTITY_WORDS;

type NeutraliseFieldProps = {
  /** Null: the system is captured as it is. */
  readonly kinds: ReadonlySet<IdentityKind> | null;
  readonly onChange: (kinds: ReadonlySet<IdentityKind> | null) => void;
};

export const NeutraliseField = ({ kinds, onChange }: NeutraliseFieldProps) => (
  <>
    <CheckField
      label={words.neutralise}
      checked={kinds !== null}
      onChange={(checked) => onChange(checked ? new Set(IDENTITY_KINDS) : null)}
    />
    <p className={rows['dim']}>{kinds === null ? words.plainText : words.neutraliseText}</p>
    {kinds === null ? null : (
      <fieldset className={styles['kinds']}>
        <legend>{words.kinds}</legend>
        {IDENTITY_KINDS.map((kind) => (
          <label key={kind} className={rows['row']}>
            <input
              type="checkbox"
              className={rows['check']}
              checked={kinds.has(kind)}
              onChange={(event) =>
                onChange(new Set(IDENTITY_KINDS.filter((one) => (one === kind ? event.target.checked : kinds.has(one)))))
              }
            />
            <span className={rows['wrap']}>
              {IDENTITY_KIND_WORDS[kind].name} <span className={rows['dim']}>{IDENTITY_KIND_WORDS[kind].gone}</span>
            </span>
          </label>
        ))}
      </fieldset>
    )}
  </>
);
