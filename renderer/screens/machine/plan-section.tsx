// What the site plan expects of this machine, and where it is otherwise.
import { ToneText } from '../../kit/lamp.tsx';
import { Pairs, Section } from '../../kit/panel.tsx';
import { useStation } from '../../store/station-store.ts';
import { useAnswer } from '../../store/use-answer.ts';
import { useLastEvent } from '../../store/use-last-event.ts';
import { factText, factTitle } from '../../words/facts.ts';
import { WORDS } from '../../words/screens.ts';
import { expectationsOf } from './record-values.ts';

const words = WORDS.records;

export const PlanSection = ({ machineId }: { readonly machineId: string }) => {
  const stateAtMs = useStation((state) => state.machines.get(machineId)?.stateAtMs ?? 0);
  const { value } = useAnswer('machines.facts', { machineId }, `${stateAtMs} ${useLastEvent('plan.')}`);
  const expected = expectationsOf(value?.facts ?? []);
  if (expected.length === 0) return null;
  return (
    <Section title={words.planTitle}>
      <Pairs
        rows={expected.map(({ planned, seen }) => [
          factTitle(planned.name).replace(/^input\./, ''),
          seen === null ? (
            `${factText(planned)} · ${words.planned}`
          ) : (
            <span key={planned.name}>
              {factText(seen)} · <ToneText tone="ask">{words.differs(factText(planned))}</ToneText>
            </span>
          ),
        ])}
      />
    </Section>
  );
};
