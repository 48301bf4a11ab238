// Why does this machine not boot? Every boot that was seen on the wire, those that stopped first; one opened shows its steps.
import { memo, useEffect, useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { SelectField, TextField } from '../../kit/field.tsx';
import { Lamp, ToneText } from '../../kit/lamp.tsx';
import { Problem } from '../../kit/panel.tsx';
import { useTicking } from '../../store/clock.ts';
import { go } from '../../store/route.ts';
import { useStation } from '../../store/station-store.ts';
import { usePolled } from '../../store/use-polled.ts';
import { elapsed } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { BOOT_WORDS, VERDICT_TONES, byNeed, isOpen } from '../../words/wire.ts';
import { WIRE_STAGE_WORDS } from '../../../preload/contract/wire-views.ts';
import { parseMacs } from './macs.ts';
import { TrailSteps } from './trail-steps.tsx';
import page from '../page.module.css';
import wire from './wire.module.css';
import rows from '../rows.module.css';
import styles from './trail.module.css';
import type { WireTrailHead } from '../../../preload/contract/wire-views.ts';

const words = BOOT_WORDS;
const EVERY_MS = 2000;

const Ago = ({ atMs }: { readonly atMs: number }) => <>{useTicking((nowMs) => elapsed(nowMs - atMs))}</>;

const Inside = ({ head }: { readonly head: Pick<WireTrailHead, 'mac' | 'machineId'> }) => {
  const { value, failure } = usePolled('wire.get', { macs: [head.mac] }, EVERY_MS);
  const { machineId } = head;
  return (
    <div className={styles['inside']}>
      {failure === null ? null : <Problem title={failure.message} next={failure.next} code={failure.code} />}
      {value === null ? failure === null ? <p role="status">{WORDS.common.loading}</p> : null : <TrailSteps trail={value} />}
      {machineId === null ? null : (
        <div className={page['buttons']}>
          <Button onClick={() => go('rack', machineId)}>{words.openMachine}</Button>
        </div>
      )}
    </div>
  );
};

type RowProps = { readonly head: WireTrailHead; readonly selected: boolean };

const BootRow = memo(
  function BootRow({ head, selected }: RowProps) {
    const name = useStation((state) => (head.machineId === null ? undefined : state.machines.get(head.machineId)?.name));
    const [open, setOpen] = useState(selected);
    const row = useRef<HTMLLIElement>(null);
    useEffect(() => {
      if (selected) row.current?.scrollIntoView({ block: 'nearest' });
    }, [selected]);
    const { verdict, mac, lastAtMs } = head;
    return (
      <li ref={row} className={styles['boot']}>
        <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary className={styles['summary']}>
            <Lamp tone={VERDICT_TONES[verdict.kind]} />
            <span className={styles['who']}>
              <strong>{name ?? mac}</strong>
              {name === undefined || name === mac ? null : <span className={styles['mac']}>{mac}</span>}
            </span>
            <span className={styles['what']}>
              <span className={styles['verdict']}>
                <ToneText tone={VERDICT_TONES[verdict.kind]}>{words.verdictWords[verdict.kind]}</ToneText>
                <span className={rows['dim']}>{verdict.message}</span>
              </span>
            </span>
            <span className={styles['ago']}>
              {lastAtMs === null ? null : <Ago atMs={lastAtMs} />}
              <br />
              <span className={rows['dim']}>{verdict.stage === null ? '' : WIRE_STAGE_WORDS[verdict.stage]}</span>
            </span>
          </summary>
          {open ? <Inside head={head} /> : null}
        </details>
      </li>
    );
  },
  // Each answer is a new object; most of them say what the last one said.
  (a, b) => a.selected === b.selected && JSON.stringify(a.head) === JSON.stringify(b.head),
);

export const BootsCard = ({ selected }: { readonly selected: string | null }) => {
  const { value, failure } = usePolled('wire.list', {}, EVERY_MS);
  const machines = useStation((state) => state.machines);
  const [show, setShow] = useState<'open' | 'all'>(selected === null ? 'open' : 'all');
  const [text, setText] = useState('');
  const typed = text.trim().toLowerCase();
  const [typedMac] = typed === '' ? [] : parseMacs(typed).macs;
  const nameOf = ({ machineId }: WireTrailHead): string => (machineId === null ? '' : (machines.get(machineId)?.name.toLowerCase() ?? ''));
  const fits = (head: WireTrailHead): boolean =>
    typed === '' ? show === 'all' || isOpen(head) || head.mac === selected : `${head.mac} ${nameOf(head)}`.includes(typedMac ?? typed);
  const heads = (value ?? []).filter(fits).toSorted(byNeed);
  const empty = typed !== '' ? words.nothingFits : (value ?? []).length === 0 ? words.none : words.empty;
  return (
    <section className={page['card']} aria-label={words.title}>
      <h2 className={page['cardTitle']}>{words.title}</h2>
      <p className={page['lead']}>{words.text}</p>
      <div className={wire['filters']}>
        <SelectField
          label={WORDS.wire.show}
          value={show}
          onChange={(event) => setShow(event.target.value === 'all' ? 'all' : 'open')}
          choices={(['open', 'all'] as const).map((one) => ({ value: one, label: words.showOf[one] }))}
        />
        <TextField label={words.filter} help={words.filterHelp} value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      {failure === null ? null : <Problem title={failure.message} next={failure.next} code={failure.code} />}
      {heads.length > 0 ? (
        <ol className={rows['list']}>
          {heads.map((head) => (
            <BootRow
              // Another key, so that the one that the address asks for is drawn open.
              key={head.mac === selected ? `selected ${head.mac}` : head.mac}
              head={head}
              selected={head.mac === selected}
            />
          ))}
        </ol>
      ) : typedMac !== undefined ? (
        <Inside key={typedMac} head={{ mac: typedMac, machineId: null }} />
      ) : value === null && failure === null ? (
        <p role="status">{WORDS.common.loading}</p>
      ) : (
        <p className={page['lead']}>{empty}</p>
      )}
    </section>
  );
};
