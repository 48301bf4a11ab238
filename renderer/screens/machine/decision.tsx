// Why this and not something else: every policy in the order of its rank, with what was seen.
import { cx } from '../../kit/class-names.ts';
import { LaterIcon, NoIcon, TieIcon, UnknownIcon, YesIcon } from '../../kit/icons.tsx';
import { Section } from '../../kit/panel.tsx';
import { imageNameOf } from '../../store/selectors.ts';
import { useStation } from '../../store/station-store.ts';
import { MARK_WORDS, markOf, outcomeWords, reasonWords, resolutionWords } from '../../words/decision.ts';
import { WORDS } from '../../words/screens.ts';
import styles from './decision.module.css';
import type { PolicyTrace } from '../../../preload/contract/policy.ts';
import type { MachineDetail } from '../../../preload/contract/views.ts';

const ICONS = { yes: YesIcon, no: NoIcon, tie: TieIcon, unknown: UnknownIcon, later: LaterIcon } as const;

const PolicyRow = ({ trace, imageName }: { readonly trace: PolicyTrace; readonly imageName: (osoid: string) => string | null }) => {
  const mark = markOf(trace);
  const Icon = ICONS[mark];
  return (
    <li className={cx(styles['row'], styles[mark])}>
      <Icon size={15} aria-hidden="true" className={styles['mark']} />
      <div className={styles['text']}>
        <p>
          <span className={styles['hidden']}>{MARK_WORDS[mark]}: </span>
          <span className={styles['rank']}>{trace.rank}</span> {trace.name} → {outcomeWords(trace.outcome, imageName)}
        </p>
        <p className={styles['reason']}>{reasonWords(trace)}</p>
      </div>
    </li>
  );
};

export const Decision = ({ detail }: { readonly detail: MachineDetail }) => {
  const images = useStation((state) => state.images);
  const imageName = imageNameOf(images);
  const { trace, outcome } = detail;
  if (trace === null) {
    return (
      <Section title={outcome === null ? WORDS.machine.decision : `${WORDS.machine.decision}: ${outcomeWords(outcome, imageName)}`}>
        <p className={styles['none']}>{outcome === null ? WORDS.machine.noDecision : WORDS.machine.personDecided}</p>
      </Section>
    );
  }
  // The policy says `newest`; the machine knows which one that was.
  const { machine } = detail;
  const chosen = machine.question?.kind === 'erase' ? machine.question.imageName : machine.imageName;
  const title = trace.resolution.kind === 'matched' && chosen !== null ? `deploy ${chosen}` : resolutionWords(trace, imageName);
  const policies = trace.policies.toSorted((a, b) => a.rank - b.rank);
  return (
    <Section title={`${WORDS.machine.decision}: ${title}`}>
      <ol className={styles['list']}>
        {policies.map((policy) => (
          <PolicyRow key={policy.name} trace={policy} imageName={imageName} />
        ))}
      </ol>
    </Section>
  );
};
