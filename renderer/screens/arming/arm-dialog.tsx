// Asks once for many machines: what will be erased without a question, disk by disk, for how many and how long. Whatever changes in it
// takes the tick back and shuts the button for a second.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { SelectField, TextField } from '../../kit/field.tsx';
import { Blank, Problem } from '../../kit/panel.tsx';
import { act, tell } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { ARMING } from '../../words/arming.ts';
import { WORDS } from '../../words/screens.ts';
import { useSettled } from '../machine/use-settled.ts';
import { ForeseenList } from './foreseen-list.tsx';
import { useArmingPreview } from './use-arming-preview.ts';
import styles from './arm-dialog.module.css';
import type { ArmingPreview } from '../../../preload/contract/arming.ts';

const TIMES = ['5', '15', '30', '60', '120', '240'] as const;
type Time = (typeof TIMES)[number];
const MACHINES_MAX = 1000;

const PolicyLines = ({ policies }: Pick<ArmingPreview, 'policies'>) => (
  <section className={styles['group']} aria-label={ARMING.policies}>
    <h3 className={styles['groupTitle']}>{ARMING.policies}</h3>
    {policies.length === 0 ? <p>{ARMING.noPolicies}</p> : null}
    <ul>
      {policies.map(({ name, image, problem, limit, used }) => (
        <li key={name} className={styles['policy']}>
          <strong>{name}</strong>
          <span>
            {image === null ? problem : ARMING.deploys(`${image.name} r${image.revision}`)}
            {image === null ? null : <span className={styles['osoid']}> {image.osoid.slice(0, 12)}</span>}
          </span>
          {limit === null ? null : <span className={styles['dim']}>{ARMING.limit(used, limit)}</span>}
        </li>
      ))}
    </ul>
    {policies.some(({ image }) => image !== null) ? <p className={styles['dim']}>{ARMING.pinned}</p> : null}
  </section>
);

type BodyProps = {
  readonly preview: ArmingPreview;
  readonly number: number;
  readonly replace: boolean;
  readonly onReplace: (on: boolean) => void;
};

const Consequences = ({ preview, number, replace, onReplace }: BodyProps) => {
  const of = (fate: ArmingPreview['machines'][number]['fate']) => preview.machines.filter((machine) => machine.fate === fate);
  const [erase, replaceable, ask] = [of('erase'), of('replace'), of('ask')];
  return (
    <>
      <PolicyLines policies={preview.policies} />
      {erase.length + replaceable.length === 0 ? <p>{ARMING.none}</p> : null}
      <ForeseenList title={ARMING.groups.erase(erase.length)} machines={erase} />
      <ForeseenList title={ARMING.groups.replace(replaceable.length)} machines={replaceable}>
        <label className={styles['check']}>
          <input type="checkbox" checked={replace} onChange={(event) => onReplace(event.target.checked)} />
          <span>{ARMING.replaceToo(replaceable.length)}</span>
          {replace ? null : <span className={styles['dim']}>{ARMING.replaceNot(replaceable.length)}</span>}
        </label>
      </ForeseenList>
      <ForeseenList title={ARMING.groups.ask(ask.length)} machines={ask} />
      <p className={styles['dim']}>{ARMING.later(number)}</p>
    </>
  );
};

export const ArmDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const site = useStation((state) => state.station?.siteName ?? '');
  const { preview, failure } = useArmingPreview();
  const [machines, setMachines] = useState('1');
  const [time, setTime] = useState<Time>('30');
  const [replace, setReplace] = useState(false);
  const [understood, setUnderstood] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const keep = useRef<HTMLButtonElement>(null);
  const number = Number(machines);
  const isNumber = Number.isInteger(number) && number >= 1 && number <= MACHINES_MAX;
  const content = JSON.stringify([preview?.hash, machines, time, replace]);
  const { settled } = useSettled(content);
  const [seen, setSeen] = useState<string | null>(null);
  if (seen === null && preview !== null) setSeen(preview.hash);
  const changed = seen !== null && preview !== null && preview.hash !== seen;
  const ready = preview !== null && preview.policies.some(({ image }) => image !== null) && isNumber;
  const agreed = ready && understood === content;
  const arm = async (): Promise<void> => {
    if (preview === null) return;
    setSending(true);
    const wish = { machines: number, minutes: Number(time), replaceExisting: replace, previewHash: preview.hash };
    const result = await act('arming.arm', wish);
    setSending(false);
    if (!result.ok) return;
    // Machines that asked already may have used it up at once; then the station says that it ended.
    if (result.value.armed !== null) tell(ARMING.armed(site));
    onClose();
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      tone="danger"
      title={ARMING.title(site)}
      description={ARMING.text}
      closeLabel={WORDS.common.close}
      firstFocus={keep}
      footer={
        <>
          <Button ref={keep} onClick={onClose}>
            {ARMING.keep}
          </Button>
          <Button look="act" inert={!agreed || !settled || sending} onClick={() => void arm()}>
            {sending ? ARMING.sending : ARMING.confirm(isNumber ? number : 0)}
          </Button>
        </>
      }
    >
      <div className={styles['body']}>
        <div className={styles['fields']}>
          <TextField
            label={ARMING.machines}
            error={isNumber ? null : ARMING.machinesBad}
            inputMode="numeric"
            value={machines}
            onChange={(event) => setMachines(event.target.value.trim())}
          />
          <SelectField
            label={ARMING.time}
            value={time}
            onChange={(event) => setTime(event.target.value as Time)}
            choices={TIMES.map((one) => ({ value: one, label: ARMING.times[one] }))}
          />
        </div>
        {failure === null ? null : <Problem title={failure.message} next={failure.next} code={failure.code} />}
        {preview === null && failure === null ? <Blank kind="loading" title={WORDS.common.loading} /> : null}
        <div className={styles['live']} aria-live="polite">
          {changed ? <Problem tone="ask" title={ARMING.changed} /> : null}
        </div>
        {preview === null ? null : (
          <Consequences preview={preview} number={isNumber ? number : 0} replace={replace} onReplace={setReplace} />
        )}
        {ready ? (
          <label className={styles['understand']}>
            <input
              type="checkbox"
              checked={understood === content}
              onChange={(event) => {
                setUnderstood(event.target.checked ? content : null);
                // A new tick is for what is shown now.
                if (event.target.checked) setSeen(preview?.hash ?? null);
              }}
            />
            <span>{ARMING.understand(number, ARMING.times[time])}</span>
          </label>
        ) : null}
      </div>
    </Dialog>
  );
};
