// Switches listening on for a time, optionally for a list of machines or switch ports only.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { SelectField, TextArea } from '../../kit/field.tsx';
import { Lamp } from '../../kit/lamp.tsx';
import { act } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { useListeningWords } from '../../shell/listening-switch.tsx';
import { WORDS } from '../../words/screens.ts';
import { parseMacs } from './macs.ts';
import page from '../page.module.css';
import styles from './wire.module.css';
import type { StationView } from '../../../preload/contract/views.ts';

const words = WORDS.wire;
const FOREVER = 'none';
const TIMES = ['15', '60', '240', '480', FOREVER] as const;

const Card = ({ station }: { readonly station: StationView }) => {
  const [time, setTime] = useState('60');
  const [macs, setMacs] = useState('');
  const [ports, setPorts] = useState('');
  const state = useListeningWords(station);
  const parsed = parseMacs(macs);
  const { on } = station.listening;
  const start = (): void => {
    if (parsed.bad !== null) return;
    const wanted = ports.split('\n').map((port) => port.trim());
    const minutes = time === FOREVER ? null : Number(time);
    void act('listening.set', { on: true, minutes, macs: [...parsed.macs], ports: wanted.filter((port) => port !== '') });
  };
  return (
    <section className={page['card']} aria-label={words.listening}>
      <h2 className={styles['stateTitle']}>
        <Lamp tone={on ? 'ok' : 'idle'} shape="dot" />
        {state}
      </h2>
      <p>{on ? words.isOn : words.isOff}</p>
      <p className={page['lead']}>{words.listeningText}</p>
      <SelectField
        label={words.forTime}
        value={time}
        onChange={(event) => setTime(event.target.value)}
        choices={TIMES.map((one) => ({ value: one, label: words.times[one] }))}
      />
      <TextArea
        label={words.only}
        help={words.onlyHelp}
        error={parsed.bad === null ? null : words.badMac(parsed.bad)}
        rows={2}
        mono
        value={macs}
        onChange={(event) => setMacs(event.target.value)}
      />
      <TextArea label={words.ports} help={words.portsHelp} rows={2} mono value={ports} onChange={(event) => setPorts(event.target.value)} />
      <div className={page['buttons']}>
        <Button look={on ? 'plain' : 'act'} inert={parsed.bad !== null} onClick={start}>
          {on ? words.apply : words.on}
        </Button>
        {on ? <Button onClick={() => void act('listening.set', { on: false, minutes: null, macs: [] })}>{words.off}</Button> : null}
      </div>
    </section>
  );
};

export const ListeningCard = () => {
  const station = useStation((state) => state.station);
  return station === null ? null : <Card station={station} />;
};
