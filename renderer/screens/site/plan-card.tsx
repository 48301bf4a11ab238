// The plan of the site: its counts, its rows, who is there unplanned; and the ways in (choose, drop, paste) and out.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { cx } from '../../kit/class-names.ts';
import { Blank, Problem, Section } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { dateTime } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { PasteDialog } from './paste-dialog.tsx';
import { PlanTable } from './plan-table.tsx';
import { ReplaceDialog } from './replace-dialog.tsx';
import { usePlanImport } from './use-plan-import.ts';
import page from '../page.module.css';
import rows from '../rows.module.css';
import styles from './site.module.css';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { SitePlanView } from '../../../preload/contract/plan-views.ts';

const words = WORDS.site;

const Counts = ({ counts }: Pick<SitePlanView, 'counts'>) => (
  <dl className={styles['counts']}>
    {(['expected', 'seen', 'missing', 'conflicts', 'unexpected'] as const).map((which) => (
      <div key={which} className={styles['count']}>
        <dt>{words.counts[which]}</dt>
        <dd>{counts[which]}</dd>
      </div>
    ))}
  </dl>
);

const Unexpected = ({ plan }: { readonly plan: SitePlanView }) =>
  plan.unexpected.length === 0 ? null : (
    <Section title={words.unexpected}>
      <ul className={rows['list']}>
        {plan.unexpected.map(({ id, name }) => (
          <li key={id}>
            <a href={`#/rack/${encodeURIComponent(id)}`}>{name}</a>
          </li>
        ))}
      </ul>
    </Section>
  );

const PlanThere = ({ plan, onClear }: { readonly plan: SitePlanView; readonly onClear: () => void }) => (
  <>
    <p className={page['lead']}>{words.from(plan.name, plan.operator, dateTime(plan.importedAtMs))}</p>
    <Counts counts={plan.counts} />
    <PlanTable plan={plan} />
    <Unexpected plan={plan} />
    <div className={page['buttons']}>
      <Button onClick={onClear}>{words.clear}</Button>
    </div>
  </>
);

type PlanCardProps = {
  readonly plan: SitePlanView | null | undefined;
  readonly problem: Failure | null;
  readonly onReload: () => void;
  readonly onPlan: (plan: SitePlanView | null) => void;
};

export const PlanCard = ({ plan, problem, onReload, onPlan }: PlanCardProps) => {
  const importing = usePlanImport(onPlan);
  const input = useRef<HTMLInputElement>(null);
  const [dialog, setDialog] = useState<'paste' | 'clear' | null>(null);
  const [isOver, setOver] = useState(false);
  const ways = (
    <div className={page['buttons']}>
      <Button onClick={() => input.current?.click()}>{words.choose}</Button>
      <Button onClick={() => setDialog('paste')}>{words.paste}</Button>
    </div>
  );
  return (
    <section
      className={cx(page['card'], isOver && styles['over'])}
      aria-label={words.plan}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void importing.take(event.dataTransfer.files[0]);
      }}
    >
      <h2 className={page['cardTitle']}>{isOver ? words.drop : words.plan}</h2>
      <input
        ref={input}
        type="file"
        accept=".csv,.tsv,.txt,text/csv,text/plain"
        aria-label={words.file}
        tabIndex={-1}
        className={styles['file']}
        onChange={(event) => {
          // Cleared, so that the same file can be given again once it is corrected.
          void importing.take(event.target.files?.[0]).finally(() => {
            if (input.current !== null) input.current.value = '';
          });
        }}
      />
      {importing.refused === null ? null : (
        <div role="alert" className={styles['reasons']}>
          <Problem
            title={words.refusedTitle(importing.refused.name)}
            next={importing.refused.failure.next}
            code={importing.refused.failure.code}
          >
            <p>{importing.refused.failure.message}</p>
          </Problem>
        </div>
      )}
      {importing.note === null ? null : (
        <div role="status" className={styles['reasons']}>
          <Problem tone="ask" title={words.guessed} next={importing.note} />
        </div>
      )}
      {plan === undefined ? (
        problem === null ? (
          <Blank kind="loading" title={WORDS.common.loading} />
        ) : (
          <Blank kind="failed" title={words.failedTitle} text={`${problem.message} ${problem.next}`}>
            <Button onClick={onReload}>{WORDS.common.retry}</Button>
          </Blank>
        )
      ) : plan === null ? (
        <Blank kind="nothing" title={words.emptyTitle} text={words.empty}>
          {ways}
        </Blank>
      ) : (
        <>
          {ways}
          <PlanThere plan={plan} onClear={() => setDialog('clear')} />
        </>
      )}
      {dialog === 'paste' ? <PasteDialog onText={importing.takeText} onClose={() => setDialog(null)} /> : null}
      {dialog === 'clear' && plan ? (
        <ConfirmDialog
          title={words.clearTitle(plan.siteName)}
          confirm={words.clearDo}
          onClose={() => setDialog(null)}
          onConfirm={async () => {
            const result = await call('plan.clear', {});
            if (!result.ok) return result;
            onPlan(null);
            tell(words.cleared);
            return result;
          }}
        >
          <p>{words.clearText}</p>
        </ConfirmDialog>
      ) : null}
      {importing.asking === null ? null : (
        <ReplaceDialog {...importing.asking} note={importing.note} onReplaced={importing.replaced} onClose={importing.close} />
      )}
    </section>
  );
};
