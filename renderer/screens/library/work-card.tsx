// The work on the library: how far it is, with a way to stop it, and afterwards what came of it. Work that another window or the
// command line started is shown too.
import { Button } from '../../kit/button.tsx';
import { useTicking } from '../../store/clock.ts';
import { forgetWork, stopWork, useLibraryWork } from '../../store/library-work.ts';
import { useStation } from '../../store/station-store.ts';
import { elapsed, percent } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { WorkReport } from './work-report.tsx';
import { Refusal } from '../refusal.tsx';
import page from '../page.module.css';
import styles from './library.module.css';
import type { Operation } from '../../store/library-work.ts';

const words = WORDS.library;

const Elapsed = ({ sinceMs }: { readonly sinceMs: number }) => useTicking((nowMs) => elapsed(nowMs - sinceMs));

const Running = ({ operation, sinceMs }: { readonly operation: Operation; readonly sinceMs: number | null }) => {
  const progress = useStation((state) => state.libraryProgress);
  // Looking whether all is there reads like a verify, and says so.
  const shown = operation === 'ready' ? 'verify' : operation;
  const known = progress?.operation === shown && progress.totalPacks > 0 ? progress : null;
  const share = known === null ? 0 : known.donePacks / known.totalPacks;
  const figures = known === null ? words.starting : `${words.packs(known.donePacks, known.totalPacks)} · ${percent(share)}`;
  return (
    <div className={styles['work']}>
      <span
        className={styles['bar']}
        style={{ transform: `scaleX(${share.toFixed(4)})` }}
        role="progressbar"
        aria-label={words.doing[operation]}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      />
      <span className={styles['what']}>{words.doing[operation]}</span>
      <span className={styles['figures']}>{figures}</span>
      {sinceMs === null ? (
        <span>{words.elsewhere}</span>
      ) : (
        <>
          <span className={styles['figures']}>
            <Elapsed sinceMs={sinceMs} />
          </span>
          <Button onClick={stopWork}>{words.stop}</Button>
        </>
      )}
    </div>
  );
};

export const WorkCard = () => {
  const { running, done, failed } = useLibraryWork();
  const other = useStation((state) => state.libraryProgress?.operation ?? null);
  if (running !== null) return <Running operation={running.operation} sinceMs={running.startedAtMs} />;
  if (other !== null) return <Running operation={other} sinceMs={null} />;
  if (done === null && failed === null) return null;
  const isStopped = failed?.failure.code === 'pipe.cancelled' || failed?.failure.code === 'job.cancelled';
  return (
    <section className={page['card']} aria-label={words.result}>
      <h2 className={page['cardTitle']}>{words.result}</h2>
      {failed === null ? null : isStopped ? <p role="status">{words.stopped}</p> : <Refusal failure={failed.failure} />}
      {done === null ? null : <WorkReport end={done} />}
      <div className={page['buttons']}>
        <Button onClick={forgetWork}>{WORDS.common.dismiss}</Button>
      </div>
    </section>
  );
};
