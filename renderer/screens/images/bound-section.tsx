// An image with volumes that one machine's TPM opens: which, what opens them elsewhere, and how it goes to another machine on a
// person's word.
import { Pairs, Section } from '../../kit/panel.tsx';
import { BOUND_WORDS } from '../../words/identity.ts';
import page from '../page.module.css';
import type { ImageView } from '../../../preload/contract/views.ts';

const words = BOUND_WORDS;

export const BoundSection = ({ bound }: { readonly bound: NonNullable<ImageView['boundToMachine']> }) => {
  const names = Object.entries(bound.sourceNames).map(([name, value]) => `${name} ${value}`);
  return (
    <Section title={words.title}>
      <Pairs
        rows={[
          ...bound.volumes.map(
            ({ number, by, otherKey }) => [words.volume(number), `${words.by[by]}; ${otherKey ? words.otherKey : words.noKey}`] as const,
          ),
          [words.source, names.length === 0 ? words.unknownSource : names.join(', ')],
        ]}
      />
      <p className={page['lead']}>{words.text}</p>
    </Section>
  );
};
