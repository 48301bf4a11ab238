// Why this and not something else: every policy in the order of its rank, with what was seen.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { cx } from '../../kit/class-names.ts';
import { LaterIcon, NoIcon, TieIcon, UnknownIcon, YesIcon } from '../../kit/icons.tsx';
import { Section } from '../../kit/panel.tsx';
import { act } from '../../store/notices.ts';
import { imageNameOf } from '../../store/selectors.ts';
import { useStation } from '../../store/station-store.ts';
import { MARK_WORDS, markOf, outcomeWords, reasonWords, resolutionWords } from '../../words/decision.ts';
import { WORDS } from '../../words/screens.ts';
import { ChoiceDialog } from '../policies/choice-dialog.tsx';
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

const PAGE = 200;
/** Policies fetched beyond the short list of one decision, in the order of their ranks. */
type Pages = { readonly of: string; readonly fetched: readonly PolicyTrace[] };

/** A person's word decided here, not a policy: it can become one. */
const MakePolicy = ({ detail: { machine, policy } }: { readonly detail: MachineDetail }) => {
  const [isOpen, setOpen] = useState(false);
  if (policy !== null || machine.osoid === null) return null;
  return (
    <>
      <Button look="quiet" onClick={() => setOpen(true)}>
        {WORDS.policies.choiceDo}
      </Button>
      {isOpen ? <ChoiceDialog machine={machine} onClose={() => setOpen(false)} /> : null}
    </>
  );
};

export const Decision = ({ detail }: { readonly detail: MachineDetail }) => {
  const images = useStation((state) => state.images);
  const imageName = imageNameOf(images);
  const [pages, setPages] = useState<Pages | null>(null);
  const { trace, outcome } = detail;
  if (trace === null) {
    return (
      <Section title={outcome === null ? WORDS.machine.decision : `${WORDS.machine.decision}: ${outcomeWords(outcome, imageName)}`}>
        <p className={styles['none']}>{outcome === null ? WORDS.machine.noDecision : WORDS.machine.personDecided}</p>
        <MakePolicy detail={detail} />
      </Section>
    );
  }
  // The policy says `newest`; the machine knows which one that was.
  const { machine } = detail;
  const chosen = machine.question?.kind === 'erase' ? machine.question.imageName : machine.imageName;
  const title = trace.resolution.kind === 'matched' && chosen !== null ? `deploy ${chosen}` : resolutionWords(trace, imageName);
  // The short list comes anew with every word of the machine; only another decision puts away what was fetched beyond it.
  const decision = JSON.stringify([machine.id, trace]);
  const fetched = pages?.of === decision ? pages.fetched : [];
  const shown = new Map([...trace.policies, ...fetched].map((policy) => [policy.name, policy]));
  const policies = [...shown.values()].toSorted((a, b) => a.rank - b.rank);
  const left = trace.policies.length + trace.left - shown.size;
  const more = async (): Promise<void> => {
    const page = await act('policies.explain', { machineId: machine.id, from: fetched.length, most: PAGE });
    if (page.ok) setPages({ of: decision, fetched: [...fetched, ...page.value.policies] });
  };
  return (
    <Section title={`${WORDS.machine.decision}: ${title}`}>
      <ol className={styles['list']}>
        {policies.map((policy) => (
          <PolicyRow key={policy.name} trace={policy} imageName={imageName} />
        ))}
      </ol>
      {left > 0 ? (
        <Button look="quiet" onClick={() => void more()}>
          {WORDS.machine.morePolicies(left)}
        </Button>
      ) : null}
      <MakePolicy detail={detail} />
    </Section>
  );
};
