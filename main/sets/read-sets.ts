// A file of image sets, as `rackside sets add` and `import` take it and `export` writes it: one set, a list, or {"sets": […]}. Taken whole
// or refused with every place that is wrong.
import type { Result } from '../../agent/protocol/failure.ts';
import { imageSetSchema } from '../../preload/contract/image-set.ts';
import type { ImageSet } from '../../preload/contract/image-set.ts';
import { didYouMean } from '../matching/text.ts';
import { readListFile } from '../written/list-file.ts';
import type { FileWords, Finding } from '../written/schema-words.ts';

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
export const readSetFile = (text: string, name: string, recipes: readonly string[] | null): Result<readonly ImageSet[]> =>
  readListFile(text, name, { noun: 'set', schema: imageSetSchema, words: WORDS, check: (set) => findingsOf(set, recipes) });

const findingsOf = ({ members, final }: ImageSet, recipes: readonly string[] | null): readonly Finding[] => {
  const names = members.map((member) => member.name);
  const findings = members.flatMap((member, index): Finding[] => {
    const at = `members[${index}]`;
    if (names.indexOf(member.name) !== index) return [{ path: `${at}.name`, reason: `"${member.name}" stands there twice` }];
    if ('labels' in member && Object.keys(member.labels).length === 0)
      return [{ path: `${at}.labels`, reason: 'is empty; write {"role": "web"}' }];
    if (!('recipe' in member) || recipes === null || recipes.includes(member.recipe)) return [];
    return [{ path: `${at}.recipe`, reason: `unknown recipe "${member.recipe}"${didYouMean(member.recipe, recipes)}` }];
  });
  if (final === undefined || names.includes(final)) return findings;
  return [...findings, { path: 'final', reason: `there is no member "${final}"; members are ${names.join(', ')}` }];
};

/** Always in the same order, so that versions of it can be compared. */
export const writeSetFile = (sets: readonly ImageSet[]): string =>
  `${JSON.stringify({ sets: sets.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }, null, 2)}\n`;
