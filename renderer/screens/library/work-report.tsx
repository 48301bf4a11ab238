// What came of work on the library: what is whole, damaged, healed, freed or copied, and what a person has to decide.
import { ToneText } from '../../kit/lamp.tsx';
import { Problem, Section } from '../../kit/panel.tsx';
import { bytes } from '../../words/numbers.ts';
import { WORDS } from '../../words/screens.ts';
import { Ready } from './ready-report.tsx';
import rows from '../rows.module.css';
import styles from './library.module.css';
import type { DocumentCopyView, MergeReportView, VerifyReportView } from '../../../preload/contract/library-views.ts';
import type { CallAnswer } from '../../../preload/contract/calls.ts';
import type { WorkEnd } from '../../store/library-work.ts';

const words = WORDS.library;
/** Problems on the screen; the command line tells them all. */
const SHOWN = 50;

const Verified = ({ report }: { readonly report: VerifyReportView }) => (
  <>
    <p role="status">
      <ToneText tone={report.problems.length === 0 ? 'ok' : 'fail'}>
        {report.problems.length === 0
          ? words.verified(report.chunks, report.images, report.packs)
          : words.damaged(report.problems.length, report.badChunks)}
      </ToneText>
    </p>
    {report.damagedImages.length === 0 ? null : (
      <Section title={words.damagedImages}>
        <ul className={rows['list']}>
          {report.damagedImages.map(({ osoid, name, missingChunks, failure }) => (
            <li key={osoid} className={rows['row']}>
              <span className={rows['wrap']}>
                <a href={`#/images/${osoid}`}>{name ?? osoid.slice(0, 16)}</a> <span className={rows['dim']}>{failure.message}</span>
              </span>
              <span className={rows['right']}>{words.missing(missingChunks)}</span>
            </li>
          ))}
        </ul>
        {report.damagedImages.some(({ missingChunks }) => missingChunks > 0) ? <p>{words.fromMachine}</p> : null}
      </Section>
    )}
    {report.problems.length === 0 ? null : (
      <Section title={words.problems}>
        {report.problems.slice(0, SHOWN).map((problem) => (
          <Problem key={problem.message} title={problem.message} next={problem.next} code={problem.code} />
        ))}
      </Section>
    )}
  </>
);

type Copied = CallAnswer<'library.export'> | MergeReportView;

const Copies = ({ report }: { readonly report: Copied }) => (
  <>
    <p role="status">{words.copied(report.added.length, report.known, report.bytes)}</p>
    {report.added.length === 0 ? null : (
      <Section title={words.added}>
        <ul className={rows['list']}>
          {report.added.map(({ osoid, name, trust }) => (
            <li key={osoid}>
              <a href={`#/images/${osoid}`}>{name}</a> {trust === 'trusted' ? null : <ToneText tone="ask">{words.untrusted}</ToneText>}
            </li>
          ))}
        </ul>
      </Section>
    )}
    {report.skipped.length === 0 ? null : (
      <Section title={words.skipped}>
        {report.skipped.map(({ osoid, name, failure }) => (
          <Problem key={osoid} title={`${name ?? osoid.slice(0, 16)}: ${failure.message}`} next={failure.next} code={failure.code} />
        ))}
      </Section>
    )}
  </>
);

const Documents = ({ documents }: { readonly documents: DocumentCopyView }) => (
  <>
    {documents.added.length === 0 ? null : (
      <Section title={words.documents}>
        <p className={rows['dim']}>{words.documentsText}</p>
        <ul className={rows['list']}>
          {documents.added.map(({ kind, name, station, trust }) => (
            <li key={`${kind} ${name} ${station}`}>
              {words.document(kind, name)} <span className={rows['dim']}>{words.documentFrom(station)}</span>{' '}
              {trust === 'trusted' ? null : <ToneText tone="ask">{words.untrusted}</ToneText>}
            </li>
          ))}
        </ul>
      </Section>
    )}
    {documents.payloads === 0 ? null : <p>{words.payloads(documents.payloads, documents.payloadBytes)}</p>}
    {documents.skipped.length === 0 ? null : (
      <Section title={words.documentSkipped}>
        {documents.skipped.map(({ kind, name, failure }) => (
          <Problem
            key={`${kind} ${name}`}
            title={`${words.document(kind, name)}: ${failure.message}`}
            next={failure.next}
            code={failure.code}
          />
        ))}
      </Section>
    )}
  </>
);

const Merged = ({ report }: { readonly report: MergeReportView }) => (
  <>
    <Copies report={report} />
    <Documents documents={report.documents} />
    {report.edits === 0 ? null : <p>{words.edits(report.edits)}</p>}
    {report.conflicts.length + report.documentConflicts.length === 0 ? null : (
      <Section title={words.conflicts}>
        {report.documentConflicts.map(({ kind, name, stations }) => (
          <Problem
            key={`${kind} ${name}`}
            tone="ask"
            title={words.documentConflict(
              words.document(kind, name),
              stations.map(({ station }) => station),
            )}
          />
        ))}
        {report.conflicts.map(({ kind, names, osoids }) => (
          <Problem key={`${kind} ${osoids.join(' ')}`} tone="ask" title={words.conflict[kind](names)}>
            <p>
              {osoids.map((osoid) => (
                <span key={osoid}>
                  <a className={styles['osoid']} href={`#/images/${osoid}`}>
                    {osoid.slice(0, 16)}…
                  </a>{' '}
                </span>
              ))}
            </p>
          </Problem>
        ))}
      </Section>
    )}
  </>
);

export const WorkReport = ({ end }: { readonly end: WorkEnd }) => {
  switch (end.operation) {
    case 'verify':
      return (
        <div className={styles['report']}>
          <Verified report={end.report} />
        </div>
      );
    case 'repair':
      return (
        <div className={styles['report']}>
          <p role="status">
            {words.repaired(end.report.healedChunks, end.report.healedImages)}{' '}
            <ToneText tone={end.report.left.problems.length === 0 ? 'ok' : 'fail'}>
              {end.report.left.problems.length === 0 ? words.repairedAll : words.repairedLeft(end.report.left.problems.length)}
            </ToneText>
          </p>
          {end.report.left.problems.length === 0 ? null : <Verified report={end.report.left} />}
        </div>
      );
    case 'ready':
      return (
        <div className={styles['report']}>
          <Ready report={end.report} />
        </div>
      );
    case 'gc':
      return (
        <div className={styles['report']}>
          <p role="status">
            {words.freed(end.report.freedBytes, end.report.removedPacks, end.report.repackedPacks)}{' '}
            {end.report.emptied > 0 ? words.emptied(end.report.emptied) : ''}
            {end.report.deleted > 0 ? words.kept(end.report.deleted) : ''}
          </p>
        </div>
      );
    case 'merge':
      return (
        <div className={styles['report']}>
          <Merged report={end.report} />
        </div>
      );
    case 'export':
      return (
        <div className={styles['report']}>
          <p>
            {words.copiedTo} <span className={rows['mono']}>{end.report.path}</span> · {bytes(end.report.bytes)}
          </p>
          <Copies report={end.report} />
          <Documents documents={end.report.documents} />
        </div>
      );
  }
};
