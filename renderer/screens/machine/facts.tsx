// The facts of a machine, folded away beside the rack and open in full; a person can add or correct some.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Section } from '../../kit/panel.tsx';
import { factText, factTitle } from '../../words/facts.ts';
import { WORDS } from '../../words/screens.ts';
import { AddFactForm } from './fact-form.tsx';
import styles from './facts.module.css';
import type { Fact } from '../../../agent/protocol/facts.ts';

const FactsTable = ({ facts }: { readonly facts: readonly Fact[] }) => (
  <table className={styles['table']}>
    <tbody>
      {facts.map((fact) => (
        <tr key={fact.name}>
          <th scope="row" title={fact.name}>
            {factTitle(fact.name)}
          </th>
          <td>
            <span className={fact.filler ? styles['filler'] : undefined}>{factText(fact)}</span>
            {fact.filler ? (
              <span className={styles['tag']} title={WORDS.machine.fillerHint}>
                {WORDS.machine.filler}
              </span>
            ) : null}
          </td>
          <td className={styles['source']}>{fact.source}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

export const Facts = ({
  machineId,
  facts,
  open,
}: {
  readonly machineId: string;
  readonly facts: readonly Fact[];
  readonly open: boolean;
}) => {
  const [adding, setAdding] = useState(false);
  return (
    <Section
      title={WORDS.machine.facts}
      aside={
        adding ? null : (
          <Button look="quiet" onClick={() => setAdding(true)}>
            {WORDS.machine.addFact}
          </Button>
        )
      }
    >
      {adding ? <AddFactForm machineId={machineId} onClose={() => setAdding(false)} /> : null}
      {facts.length === 0 ? (
        <p className={styles['note']}>{WORDS.machine.noFacts}</p>
      ) : (
        <details className={styles['fold']} open={open}>
          <summary>{WORDS.machine.factCount(facts.length)}</summary>
          <FactsTable facts={facts} />
        </details>
      )}
    </Section>
  );
};
