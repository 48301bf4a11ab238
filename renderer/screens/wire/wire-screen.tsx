// The wire: whether the station answers, whether it may, and everything that was heard.
import { Pairs, Problem } from '../../kit/panel.tsx';
import { useStation } from '../../store/station-store.ts';
import { WORDS } from '../../words/screens.ts';
import { BootsCard } from './boots-card.tsx';
import { EventLog } from './event-log.tsx';
import { ListeningCard } from './listening-card.tsx';
import { PreflightCard } from './preflight-card.tsx';
import page from '../page.module.css';

const words = WORDS.wire;

const ServicesCard = () => {
  const station = useStation((state) => state.station);
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
    </section>
  );
};

export const WireScreen = ({ selected }: { readonly selected: string | null }) => (
  <div className={page['page']}>
    <h1 className={page['title']}>{WORDS.screens.wire}</h1>
    <BootsCard selected={selected} />
    <div className={page['columns']}>
      <div className={page['form']}>
        <ListeningCard />
        <ServicesCard />
      </div>
      <PreflightCard />
    </div>
    <EventLog />
  </div>
);
