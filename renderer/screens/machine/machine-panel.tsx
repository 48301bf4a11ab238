// One machine: who it is, how its boot went, why it was decided so, what it asks, its disks and facts. Beside the rack as
// a column; in full as two.
import { Button } from '../../kit/button.tsx';
import { Blank, Problem } from '../../kit/panel.tsx';
import { useStation } from '../../store/station-store.ts';
import { explain } from '../../words/failures.ts';
import { WORDS } from '../../words/screens.ts';
import { AskFrame } from './ask-frame.tsx';
import { BootTimeline } from './boot-timeline.tsx';
import { Decision } from './decision.tsx';
import { DeepCheck } from './deep-check.tsx';
import { Disks } from './disks.tsx';
import { Facts } from './facts.tsx';
import { Happenings } from './happenings.tsx';
import { JobProgress } from './job-progress.tsx';
import { MachineHead } from './machine-head.tsx';
import { PlanSection } from './plan-section.tsx';
import { useMachineDetail } from './use-machine-detail.ts';
import { WireSteps, asksWhyNoBoot } from './wire-steps.tsx';
import styles from './machine-panel.module.css';

export const MachinePanel = ({ machineId, full = false }: { readonly machineId: string; readonly full?: boolean }) => {
  const row = useStation((state) => state.machines.get(machineId));
  const { detail, failure, reload } = useMachineDetail(machineId);
  const machine = row ?? detail?.machine;
  if (machine === undefined) {
    return failure === null ? (
      <Blank kind="loading" title={WORDS.common.loading} />
    ) : (
      <Blank kind="failed" title={WORDS.machine.gone} text={failure.message} />
    );
  }
  const head = (
    <div className={styles['head']}>
      <MachineHead machine={machine} full={full} />
      {machine.failure === null ? null : (
        <Problem title={machine.failure.message} next={machine.failure.next} code={machine.failure.code}>
          {explain(machine.failure.code) === null ? null : <p>{explain(machine.failure.code)}</p>}
        </Problem>
      )}
      {failure === null ? null : (
        <Problem title={WORDS.machine.failedLoad} next={failure.message} code={failure.code}>
          <Button onClick={reload}>{WORDS.common.retry}</Button>
        </Problem>
      )}
      {detail === null && failure === null ? <p role="status">{WORDS.common.loading}</p> : null}
    </div>
  );
  const story =
    detail === null ? null : (
      <div className={styles['story']}>
        {detail.boot.length === 0 ? null : <BootTimeline stages={detail.boot} state={machine.state} />}
        {asksWhyNoBoot(detail) ? <WireSteps macs={detail.machine.macs} /> : null}
        <JobProgress machine={machine} jobs={detail.jobs} />
        <DeepCheck machine={machine} jobs={detail.jobs} />
        <Decision detail={detail} />
      </div>
    );
  const rest =
    detail === null ? null : (
      <div className={styles['rest']}>
        <Disks machine={machine} disks={detail.disks} />
        <PlanSection machineId={machineId} />
        <Facts machineId={machineId} facts={detail.facts} open={full} />
        <Happenings machineId={machineId} events={detail.events} open={full} />
      </div>
    );
  const ask = <AskFrame machine={machine} disks={detail?.disks ?? []} docked={!full} />;
  // Beside the rack the question stays in sight at the foot; in full it stands beside or right under the name.
  return full ? (
    <article className={styles['full']} aria-label={machine.name}>
      <div className={styles['column']}>
        {head}
        {story}
      </div>
      <div className={styles['column']}>
        <div className={styles['ask']}>{ask}</div>
        {rest}
      </div>
    </article>
  ) : (
    <article className={styles['panel']} aria-label={machine.name}>
      <div className={styles['content']}>
        {head}
        {story}
        {rest}
      </div>
      {ask}
    </article>
  );
};
