// A file of image sets, as `rackside sets add` and `import` take it and `export` writes it: one set, a list, or {"sets": […]}. Taken whole
// or refused with every place that is wrong.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { imageSetSchema } from '../../preload/contract/image-set.ts';
import type { ImageSet } from '../../preload/contract/image-set.ts';
import { schemaProblems, oneSentence } from '../matching/file-words.ts';
import type { FileWords } from '../matching/file-words.ts';
import { nearest } from '../matching/text.ts';

const SHOWN_MOST = 5;

const MEMBER = 'a name with one of osoid, labels, recipe, such as {"name": "web", "recipe": "web"}';
const NAME = 'small letters, digits and hyphens, at most 80, such as "lab"';
const WORDS: FileWords = {
  keys: [...Object.keys(imageSetSchema.shape), 'osoid', 'labels', 'recipe'],
  mayBe: {
    '': 'an object with name and members, such as {"name": "lab", "members": [{"name": "web", "recipe": "web"}]}',
    name: NAME,
    members: `a list of 1 to 16 members, each ${MEMBER}`,
    'members.name': NAME,
    'members.osoid': 'the 64 hexadecimal digits of an image (rackside images list --json)',
    'members.labels': 'an object of texts, such as {"role": "web"}',
    'members.recipe': 'the id of a recipe (rackside recipes list)',
    final: 'the name of a member',
    note: 'a text of at most 2000 characters',
  },
};

/** With `recipes` null any may be named: they may arrive later. Failures: `set.file-invalid`. */
export const readSetFile = (text: string, name: string, recipes: readonly string[] | null): Result<readonly ImageSet[]> => {
  const refuse = (reasons: readonly string[]) =>
    failed(
      'set.file-invalid',
      `${name}: ${oneSentence(reasons.slice(0, SHOWN_MOST))}`,
      'Correct it and add it again; nothing was changed.',
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse([`is no JSON (${error instanceof Error ? error.message : String(error)})`]);
  }
  const inner = typeof value === 'object' && value !== null && 'sets' in value ? value.sets : value;
  const list = Array.isArray(inner) ? inner : [inner];
  const sets: ImageSet[] = [];
  const problems: string[] = [];
  for (const [index, one] of list.entries()) {
    const place = Array.isArray(inner) ? `[${index}]` : 'set';
    const parsed = imageSetSchema.safeParse(one);
    if (!parsed.success) {
      problems.push(...schemaProblems(parsed.error.issues, one, place, WORDS));
      continue;
    }
    problems.push(...problemsOf(parsed.data, recipes).map((problem) => `${place}.${problem}`));
    if (sets.some((other) => other.name === parsed.data.name)) problems.push(`${place}.name: "${parsed.data.name}" stands there twice`);
    sets.push(parsed.data);
  }
  if (list.length === 0) problems.push('holds no set');
  return problems.length > 0 ? refuse(problems) : success(sets);
};

const problemsOf = ({ members, final }: ImageSet, recipes: readonly string[] | null): readonly string[] => {
  const names = members.map((member) => member.name);
  const problems = members.flatMap((member, index) => {
    const at = `members[${index}]`;
    if (names.indexOf(member.name) !== index) return [`${at}.name: "${member.name}" stands there twice`];
    if ('labels' in member && Object.keys(member.labels).length === 0) return [`${at}.labels: is empty; write {"role": "web"}`];
    if (!('recipe' in member) || recipes === null || recipes.includes(member.recipe)) return [];
    const near = nearest(member.recipe, recipes);
    return [`${at}.recipe: unknown recipe "${member.recipe}"${near === null ? '' : `, did you mean "${near}"`}`];
  });
  if (final === undefined || names.includes(final)) return problems;
  return [...problems, `final: there is no member "${final}"; members are ${names.join(', ')}`];
};

/** Always in the same order, so that versions of it can be compared. */
export const writeSetFile = (sets: readonly ImageSet[]): string =>
  `${JSON.stringify({ sets: sets.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }, null, 2)}\n`;
