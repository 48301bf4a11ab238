// The fields of one user and of one network card among a machine's own settings.
import { CheckField } from '../../kit/check-field.tsx';
import { Button } from '../../kit/button.tsx';
import { TextArea, TextField } from '../../kit/field.tsx';
import { WORDS } from '../../words/screens.ts';
import styles from './dialogs.module.css';
import type { CardDraft, UserDraft } from './settings-draft.ts';

const words = WORDS.deploy.settings;

/** What the station says of a field, by its place. */
export type ProblemAt = (place: string) => string | null;

type PartProps<T> = {
  readonly index: number;
  readonly draft: T;
  readonly problemAt: ProblemAt;
  readonly onChange: (draft: T) => void;
  readonly onRemove: () => void;
};

const Removable = ({
  title,
  last,
  onRemove,
  children,
}: {
  readonly title: string;
  /** Stands beside the button that takes it all away. */
  readonly last: React.ReactNode;
  readonly onRemove: () => void;
  readonly children: React.ReactNode;
}) => (
  <fieldset className={styles['part']}>
    <legend>{title}</legend>
    {children}
    <div className={styles['last']}>
      {last}
      <Button look="quiet" aria-label={words.remove(title)} onClick={onRemove}>
        {words.removeShort}
      </Button>
    </div>
  </fieldset>
);

export const UserFields = ({ index, draft, problemAt, onChange, onRemove }: PartProps<UserDraft>) => {
  const at = `users[${index}]`;
  return (
    <Removable
      title={words.user(index + 1)}
      onRemove={onRemove}
      last={<CheckField label={words.sudo} checked={draft.sudo} onChange={(checked) => onChange({ ...draft, sudo: checked })} />}
    >
      <div className={styles['pair']}>
        <TextField
          label={words.userName}
          error={problemAt(`${at}.name`)}
          value={draft.name}
          onChange={(event) => onChange({ ...draft, name: event.target.value })}
        />
        <TextField
          label={words.groups}
          help={words.groupsHelp}
          error={problemAt(`${at}.groups`)}
          value={draft.groups}
          onChange={(event) => onChange({ ...draft, groups: event.target.value })}
        />
      </div>
      <TextArea
        label={words.keys}
        help={words.keysHelp}
        error={problemAt(`${at}.sshKeys`)}
        rows={2}
        mono
        value={draft.sshKeys}
        onChange={(event) => onChange({ ...draft, sshKeys: event.target.value })}
      />
    </Removable>
  );
};

export const CardFields = ({ index, draft, problemAt, onChange, onRemove }: PartProps<CardDraft>) => {
  const at = `network[${index}]`;
  const field = (key: 'mac' | 'gateway' | 'nameservers' | 'search', label: string, help?: string) => (
    <TextField
      label={label}
      help={help}
      error={problemAt(`${at}.${key}`)}
      value={draft[key]}
      onChange={(event) => onChange({ ...draft, [key]: event.target.value })}
    />
  );
  return (
    <Removable
      title={words.card(index + 1)}
      onRemove={onRemove}
      last={<CheckField label={words.dhcp} checked={draft.dhcp} onChange={(checked) => onChange({ ...draft, dhcp: checked })} />}
    >
      <TextField
        label={words.addresses}
        help={words.addressesHelp}
        error={problemAt(`${at}.addresses`) ?? problemAt(at)}
        value={draft.addresses}
        onChange={(event) => onChange({ ...draft, addresses: event.target.value })}
      />
      <div className={styles['pair']}>
        {field('gateway', words.gateway)}
        {field('nameservers', words.nameservers)}
        {field('search', words.search)}
        {field('mac', words.mac, words.macHelp)}
      </div>
    </Removable>
  );
};
