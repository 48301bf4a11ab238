// Where the station serves and how, and the way to another port or mode.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Pairs, Problem } from '../../kit/panel.tsx';
import { useStation } from '../../store/station-store.ts';
import { WORDS } from '../../words/screens.ts';
import { ServeDialog } from './serve-dialog.tsx';
import page from '../page.module.css';

const words = WORDS.wire;

export const ServicesCard = () => {
  const station = useStation((state) => state.station);
  const [open, setOpen] = useState(false);
  if (station === null) return null;
  const { wire, kit } = station;
  return (
    <section className={page['card']} aria-label={words.services}>
      <h2 className={page['cardTitle']}>{words.services}</h2>
      {[wire.problem, kit.problem].map((problem) =>
        problem === null ? null : <Problem key={problem.code} title={problem.message} next={problem.next} code={problem.code} />,
      )}
      <Pairs
        rows={[
          [words.nic, wire.nic ?? words.kind[wire.kind]],
          [words.address, wire.address],
          [words.mode, WORDS.status.mode[wire.mode]],
          [words.http, wire.httpPort],
          [words.kit, kit.kitId ?? words.noKit],
        ]}
      />
      <div className={page['buttons']}>
        <Button onClick={() => setOpen(true)}>{words.serveElsewhere}</Button>
      </div>
      {open ? <ServeDialog wire={wire} onClose={() => setOpen(false)} /> : null}
    </section>
  );
};
