// The members of a set in order: what each is, what the library has of it, and for which machines that was built.
import { Lamp, ToneText } from '../../kit/lamp.tsx';
import { Section } from '../../kit/panel.tsx';
import { useStation } from '../../store/station-store.ts';
import { factTitle } from '../../words/facts.ts';
import { WORDS } from '../../words/screens.ts';
import { stockOf } from './set-stock.ts';
import rows from '../rows.module.css';
import styles from './sets.module.css';
import type { ImageSet, SetMember } from '../../../preload/contract/image-set.ts';
import type { RecipeView } from '../../../preload/contract/recipe.ts';
import type { ImageView } from '../../../preload/contract/views.ts';
import type { Tone } from '../../kit/lamp.tsx';
import type { Stock } from './set-stock.ts';

const words = WORDS.sets;

const TONES: Readonly<Record<Stock['kind'], Tone>> = {
  there: 'ok',
  unbuilt: 'idle',
  missing: 'fail',
  tie: 'ask',
  'no-recipe': 'fail',
  'recipe-off': 'ask',
};

const memberWords = (member: SetMember): string => {
  if ('recipe' in member) return words.byRecipe(member.recipe);
  if ('osoid' in member) return words.exactly;
  return words.newestWith(
    Object.entries(member.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(', '),
  );
};

const stockWords = (member: SetMember, { kind, images }: Stock): string =>
  kind === 'there' && 'recipe' in member ? words.builtFor(images.length) : words.stock[kind];

const builtForWords = ({ recipe }: ImageView): string => {
  const alike = Object.entries(recipe?.matchOn ?? {});
  return alike.length === 0 ? words.anyMachine : alike.map(([fact, value]) => `${factTitle(fact)}: ${String(value)}`).join(' · ');
};

const Stored = ({ image, isBuilt }: { readonly image: ImageView; readonly isBuilt: boolean }) => {
  const carriers = useStation((state) => [...state.machines.values()].filter(({ osoid }) => osoid === image.osoid).length);
  return (
    <li className={styles['stored']}>
      <span>
        <a href={`#/images/${image.osoid}`}>
          {image.name} {WORDS.images.revision(image.revision)}
        </a>{' '}
        <span className={rows['dim']}>{words.onMachines(carriers)}</span>
      </span>
      {isBuilt ? <span className={rows['dim']}>{builtForWords(image)}</span> : null}
    </li>
  );
};

const Member = ({
  member,
  number,
  recipes,
}: {
  readonly member: SetMember;
  readonly number: number;
  readonly recipes: readonly RecipeView[];
}) => {
  const images = useStation((state) => state.images);
  const stock = stockOf(member, [...images.values()], recipes);
  return (
    <li className={styles['member']}>
      <div className={styles['memberHead']}>
        <span className={styles['number']}>{number}</span>
        <Lamp tone={TONES[stock.kind]} />
        <span className={rows['wrap']}>
          <strong>{member.name}</strong> <span className={rows['dim']}>{memberWords(member)}</span>
        </span>
        <ToneText tone={TONES[stock.kind]}>{stockWords(member, stock)}</ToneText>
      </div>
      {stock.images.length === 0 ? null : (
        <ul className={styles['storedList']}>
          {stock.images.map((image) => (
            <Stored key={image.osoid} image={image} isBuilt={'recipe' in member} />
          ))}
        </ul>
      )}
    </li>
  );
};

export const SetMembers = ({ set, recipes }: { readonly set: ImageSet; readonly recipes: readonly RecipeView[] }) => (
  <Section title={words.members}>
    <ol className={styles['members']}>
      {set.members.map((member, index) => (
        <Member key={member.name} member={member} number={index + 1} recipes={recipes} />
      ))}
    </ol>
  </Section>
);
