// A machine's own settings as a form holds them, and as the station takes them (preload/contract/settings.ts). What is wrong is the
// station's word; here it only finds its place in the form. Pure.
import { settingsSchema } from '../../../preload/contract/settings.ts';
import { WORDS } from '../../words/screens.ts';
import type { z } from 'zod';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { Settings } from '../../../preload/contract/settings.ts';

const words = WORDS.deploy.settings;

/** `id` keeps a person's place while others come and go. Lists are text: keys one a line, the rest parted by spaces or commas. */
export type UserDraft = {
  readonly id: number;
  readonly name: string;
  readonly sshKeys: string;
  readonly groups: string;
  readonly sudo: boolean;
};
export type CardDraft = {
  readonly id: number;
  readonly mac: string;
  readonly dhcp: boolean;
  readonly addresses: string;
  readonly gateway: string;
  readonly nameservers: string;
  readonly search: string;
};
export type FormDraft = {
  readonly hostname: string;
  readonly users: readonly UserDraft[];
  readonly cards: readonly CardDraft[];
  /** Null: not asked for. */
  readonly userData: string | null;
  readonly networkConfig: string | null;
};
export type SettingsDraft = { readonly mode: 'none' | 'form' | 'text'; readonly form: FormDraft; readonly text: string };

const emptyForm: FormDraft = { hostname: '', users: [], cards: [], userData: null, networkConfig: null };
export const emptyDraft: SettingsDraft = { mode: 'none', form: emptyForm, text: '' };

/** Behind all that are there. */
export const nextId = (list: readonly { readonly id: number }[]): number => Math.max(0, ...list.map(({ id }) => id)) + 1;
export const newUser = (id: number): UserDraft => ({ id, name: '', sshKeys: '', groups: '', sudo: true });
export const newCard = (id: number): CardDraft => ({ id, mac: '', dhcp: false, addresses: '', gateway: '', nameservers: '', search: '' });

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
const list = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');
const filled = <K extends string>(key: K, text: string | null): Partial<Record<K, string>> =>
  text === null || text.trim() === '' ? {} : ({ [key]: text } as Record<K, string>);
const some = <K extends string>(key: K, all: string[]): Partial<Record<K, string[]>> =>
  all.length === 0 ? {} : ({ [key]: all } as Record<K, string[]>);

/** What the form says, in the words of a settings file; null: nothing at all. */
export const formSettings = ({ hostname, users, cards, userData, networkConfig }: FormDraft): z.input<typeof settingsSchema> | null => {
  const settings = {
    ...filled('hostname', hostname),
    ...(users.length === 0
      ? {}
      : {
          users: users.map(({ name, sshKeys, groups, sudo }) => ({
            name: name.trim(),
            ...some('sshKeys', lines(sshKeys)),
            ...(sudo ? { sudo } : {}),
            ...some('groups', list(groups)),
          })),
        }),
    ...(cards.length === 0
      ? {}
      : {
          network: cards.map(({ mac, dhcp, addresses, gateway, nameservers, search }) => ({
            ...filled('mac', mac),
            ...(dhcp ? { dhcp } : {}),
            ...some('addresses', list(addresses)),
            ...filled('gateway', gateway),
            ...some('nameservers', list(nameservers)),
            ...some('search', list(search)),
          })),
        }),
    ...filled('userData', userData),
    ...filled('networkConfig', networkConfig),
  };
  return Object.keys(settings).length === 0 ? null : settings;
};

export const formOf = ({ hostname, users, network, userData, networkConfig }: Settings): FormDraft => ({
  hostname: hostname ?? '',
  users: users.map(({ name, sshKeys, groups, sudo }, index) => ({
    id: index + 1,
    name,
    sshKeys: sshKeys.join('\n'),
    groups: groups.join(' '),
    sudo,
  })),
  cards: network.map(({ mac, dhcp, addresses, gateway, nameservers, search }, index) => ({
    id: index + 1,
    mac: mac ?? '',
    dhcp,
    addresses: addresses.join(' '),
    gateway: gateway ?? '',
    nameservers: nameservers.join(' '),
    search: search.join(' '),
  })),
  userData: userData ?? null,
  networkConfig: networkConfig ?? null,
});

/** A place is as the station names it, without list positions at its end: `users[0].sshKeys`, `network[1]`; `` is the whole. */
export type PlacedProblem = { readonly at: string; readonly text: string };
/** What is sent as `settings`; undefined: none. */
export type Read = { readonly settings: unknown; readonly problem: PlacedProblem | null };

const lineOfJson = (text: string, error: unknown): number | null => {
  const place = / at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  return place === undefined ? null : text.slice(0, Number(place)).split('\n').length;
};

export const readDraft = ({ mode, form, text }: SettingsDraft): Read => {
  if (mode === 'none') return { settings: undefined, problem: null };
  if (mode === 'form') {
    const nameless = form.users.findIndex(({ name }) => name.trim() === '');
    const problem = nameless === -1 ? null : { at: `users[${nameless}].name`, text: words.userNameless };
    return { settings: formSettings(form) ?? undefined, problem };
  }
  if (text.trim() === '') return { settings: undefined, problem: null };
  try {
    return { settings: JSON.parse(text) as unknown, problem: null };
  } catch (error) {
    return { settings: undefined, problem: { at: '', text: words.notJson(lineOfJson(text, error)) } };
  }
};

/** Another way of saying the same. A text that is not what a form can hold stays one, and why is said. */
export const switchedTo = (
  draft: SettingsDraft,
  mode: SettingsDraft['mode'],
): { readonly draft: SettingsDraft; readonly problem: string | null } => {
  if (mode === 'text' && draft.mode === 'form') {
    const settings = formSettings(draft.form);
    return { draft: { ...draft, mode, text: settings === null ? '' : `${JSON.stringify(settings, null, 2)}\n` }, problem: null };
  }
  if (mode !== 'form' || draft.mode !== 'text' || draft.text.trim() === '') return { draft: { ...draft, mode }, problem: null };
  const read = readDraft(draft);
  const parsed = settingsSchema.safeParse(read.settings);
  if (parsed.success) return { draft: { ...draft, mode, form: formOf(parsed.data) }, problem: null };
  const [issue] = parsed.error.issues;
  const why = read.problem?.text ?? `${issue?.path.join('.') || 'settings'}: ${issue?.message ?? ''}.`;
  return { draft, problem: words.noForm(why) };
};

/** `settings.users[0].sshKeys[1] is cut off.` → its place, and a sentence for beside the field. Null: it is of something else. */
export const placeOf = (failure: Failure): PlacedProblem | null => {
  if (!failure.code.startsWith('settings.')) return null;
  const [whole, path = ''] = /^settings((?:\.\w+|\[\d+\])*)/.exec(failure.message) ?? [];
  if (whole === undefined || path === '') return { at: '', text: `${failure.message} ${failure.next}` };
  const [, at = path, entry] = /^(.*\.(?:sshKeys|groups|addresses|nameservers|search))\[(\d+)\]$/.exec(path) ?? [];
  const rest = failure.message.slice(whole.length).replace(/^:? /, '');
  const isSentence = failure.message.slice(whole.length).startsWith(':');
  const sentence =
    entry !== undefined
      ? words.entry(Number(entry) + 1, rest)
      : isSentence
        ? `${rest.slice(0, 1).toUpperCase()}${rest.slice(1)}`
        : words.it(rest);
  const next = failure.code === 'settings.invalid' ? '' : ` ${failure.next}`;
  return { at: at.replace(/^\./, ''), text: `${sentence}${next}` };
};
