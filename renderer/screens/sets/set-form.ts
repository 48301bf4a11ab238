// A set as the form holds it, and as the station takes it. Pure.
import { setNameSchema } from '../../../preload/contract/image-set.ts';
import { parseLabels } from '../images/labels.ts';
import type { ImageSet, SetMember } from '../../../preload/contract/image-set.ts';

export type MemberKind = 'recipe' | 'labels' | 'osoid';
export type MemberForm = {
  /** Of the row, whatever is typed in it. */
  readonly key: number;
  readonly name: string;
  readonly kind: MemberKind;
  readonly recipe: string;
  readonly labels: string;
  readonly osoid: string;
};
export type SetForm = { readonly name: string; readonly note: string; readonly final: string; readonly members: readonly MemberForm[] };

const emptyMember = (key: number): MemberForm => ({ key, name: '', kind: 'recipe', recipe: '', labels: '', osoid: '' });

const memberForm = (member: SetMember, key: number): MemberForm => {
  const empty = { ...emptyMember(key), name: member.name };
  if ('recipe' in member) return { ...empty, recipe: member.recipe };
  if ('osoid' in member) return { ...empty, kind: 'osoid', osoid: member.osoid };
  const labels = Object.entries(member.labels).map(([name, value]) => `${name}=${value}`);
  return { ...empty, kind: 'labels', labels: labels.join(', ') };
};

export const formOf = (set: ImageSet | null): SetForm =>
  set === null
    ? { name: '', note: '', final: '', members: [emptyMember(0)] }
    : { name: set.name, note: set.note, final: set.final ?? '', members: set.members.map(memberForm) };

export const isSetName = (name: string): boolean => setNameSchema.safeParse(name).success;

const labelsIn = (text: string): ReturnType<typeof parseLabels> => parseLabels(text.replaceAll(',', '\n'));

/** The first of the labels that is none; null where all are. */
export const badLabel = (text: string): string | null => labelsIn(text).bad;

const isWhole = ({ name, kind, recipe, labels, osoid }: MemberForm): boolean =>
  isSetName(name.trim()) &&
  (kind === 'recipe' ? recipe !== '' : kind === 'osoid' ? osoid !== '' : labels.trim() !== '' && badLabel(labels) === null);

/** Enough for the station to judge it. */
export const isReady = ({ name, members }: SetForm): boolean => isSetName(name.trim()) && members.length > 0 && members.every(isWhole);

const memberOf = ({ name: typed, kind, recipe, labels, osoid }: MemberForm): SetMember => {
  const name = typed.trim();
  if (kind === 'recipe') return { name, recipe };
  return kind === 'osoid' ? { name, osoid } : { name, labels: { ...labelsIn(labels).labels } };
};

export const setOf = ({ name, note, final, members }: SetForm): ImageSet => ({
  name: name.trim(),
  note: note.trim(),
  members: members.map(memberOf),
  ...(final === '' ? {} : { final }),
});

const nextKey = (members: readonly MemberForm[]): number => Math.max(-1, ...members.map(({ key }) => key)) + 1;
export const withMember = (form: SetForm): SetForm => ({ ...form, members: [...form.members, emptyMember(nextKey(form.members))] });

/** A member that machines end on keeps being that under its new name. */
export const changeMember = (form: SetForm, key: number, part: Partial<MemberForm>): SetForm => {
  const before = form.members.find((one) => one.key === key)?.name;
  const isFinal = form.final !== '' && form.final === before && part.name !== undefined;
  return {
    ...form,
    final: isFinal ? (part.name ?? '') : form.final,
    members: form.members.map((one) => (one.key === key ? { ...one, ...part } : one)),
  };
};

export const dropMember = (form: SetForm, key: number): SetForm => {
  const gone = form.members.find((one) => one.key === key)?.name;
  return { ...form, final: form.final === gone ? '' : form.final, members: form.members.filter((one) => one.key !== key) };
};

/** One place up (-1) or down (1). */
export const moveMember = (form: SetForm, key: number, by: -1 | 1): SetForm => {
  const members = [...form.members];
  const from = members.findIndex((one) => one.key === key);
  const [one] = members.splice(from, 1);
  if (one !== undefined) members.splice(Math.max(0, from + by), 0, one);
  return { ...form, members };
};
