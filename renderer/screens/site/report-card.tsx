// What goes out at hand-over: a period of this site in a few numbers, what is left open, and the document to save or print.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { CheckField } from '../../kit/check-field.tsx';
import { SelectField } from '../../kit/field.tsx';
import { Lamp } from '../../kit/lamp.tsx';
import { Blank, Section } from '../../kit/panel.tsx';
import { act } from '../../store/notices.ts';
import { printDocument } from '../../store/print-document.ts';
import { saveFile } from '../../store/save-file.ts';
import { useAnswer } from '../../store/use-answer.ts';
import { useLastEvent } from '../../store/use-last-event.ts';
import { WORDS } from '../../words/screens.ts';
import { periodChoices, WHOLE } from './report-periods.ts';
import page from '../page.module.css';
import rows from '../rows.module.css';
import styles from './site.module.css';
import type { ReportFormat, SiteReport } from '../../../preload/contract/report.ts';

const words = WORDS.site.report;
/** The document has them all. */
const SHOWN = 8;

const COUNTS = ['machines', 'provisioned', 'deployed', 'built', 'captured', 'failed', 'open'] as const;
/** Told also where they are none. */
const ALWAYS: ReadonlySet<string> = new Set(['machines', 'provisioned', 'failed', 'open']);

const Counts = ({ counts }: Pick<SiteReport, 'counts'>) => (
  <dl className={styles['counts']}>
    {COUNTS.filter((which) => ALWAYS.has(which) || counts[which] > 0).map((which) => (
      <div key={which} className={styles['count']}>
        <dt>{words.counts[which]}</dt>
        <dd>{counts[which]}</dd>
      </div>
    ))}
  </dl>
);

const Open = ({ open }: Pick<SiteReport, 'open'>) =>
  open.length === 0 ? (
    <p className={page['lead']}>{words.nothingOpen}</p>
  ) : (
    <Section title={words.open}>
      <ul className={rows['list']}>
        {open.slice(0, SHOWN).map(({ kind, name, machineId, text, next }) => (
          <li key={`${kind} ${machineId ?? name} ${text}`} className={styles['row']}>
            <Lamp tone={kind === 'arming' ? 'fail' : 'ask'} />
            <span className={rows['wrap']}>
              <strong>{machineId === null ? name : <a href={`#/rack/${encodeURIComponent(machineId)}`}>{name}</a>}</strong>
              <span className={styles['says']}>{text}</span>
              <span className={styles['planned']}>{next}</span>
            </span>
          </li>
        ))}
      </ul>
      {open.length > SHOWN ? <p className={rows['dim']}>{words.moreOpen(open.length - SHOWN)}</p> : null}
    </Section>
  );

export const ReportCard = ({ site }: { readonly site: string | undefined }) => {
  const [chosen, setChosen] = useState('');
  const [redactSerials, setRedact] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const about = useLastEvent('job.', 'consent.', 'plan.', 'machine.', 'site.', 'construction.', 'station.described');
  // Kept while the answer for another period travels.
  const [visits, setVisits] = useState<SiteReport['visits']>([]);
  const choices = periodChoices(visits);
  const { value: current, period } = choices.find(({ value }) => value === chosen) ?? { value: '', period: WHOLE };
  const wish = { ...period, redactSerials };
  const { value: report, failure, reload } = useAnswer('report.get', wish, `${site} ${about}`);
  if (report !== undefined && report.visits !== visits) setVisits(report.visits);
  const withFile = async (format: ReportFormat, use: (file: { name: string; mediaType: string; text: string }) => void): Promise<void> => {
    setBusy(true);
    const file = await act('report.file', { ...wish, format });
    setBusy(false);
    if (file.ok) use(file.value);
  };
  return (
    <section className={page['card']} aria-label={words.title}>
      <h2 className={page['cardTitle']}>{words.title}</h2>
      <p className={page['lead']}>{words.lead}</p>
      <div className={styles['choices']}>
        <SelectField label={words.period} value={current} onChange={(event) => setChosen(event.target.value)} choices={choices} />
        <CheckField label={words.redact} checked={redactSerials} onChange={setRedact} />
      </div>
      <div className={page['buttons']}>
        <Button look="act" inert={isBusy} onClick={() => void withFile('html', saveFile)}>
          {words.save}
        </Button>
        <Button inert={isBusy} onClick={() => void withFile('html', ({ text }) => printDocument(text))}>
          {words.print}
        </Button>
        <Button inert={isBusy} onClick={() => void withFile('csv', saveFile)}>
          {words.table}
        </Button>
      </div>
      {report !== undefined ? (
        <>
          <Counts counts={report.counts} />
          <Open open={report.open} />
        </>
      ) : failure === null ? (
        <Blank kind="loading" title={WORDS.common.loading} />
      ) : (
        <Blank kind="failed" title={words.failedTitle} text={`${failure.message} ${failure.next}`}>
          <Button onClick={reload}>{WORDS.common.retry}</Button>
        </Blank>
      )}
    </section>
  );
};
