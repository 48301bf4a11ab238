// A machine's own settings as a form: there and back, what is left out, and where the station's word about them belongs.
import { describe, expect, test } from 'vitest';
import { checkSettings } from '../../main/settings/check-settings.ts';
import {
  emptyDraft,
  formOf,
  formSettings,
  newCard,
  newUser,
  placeOf,
  readDraft,
  switchedTo,
} from '../../renderer/screens/machine/settings-draft.ts';
import type { FormDraft } from '../../renderer/screens/machine/settings-draft.ts';

const { form: empty } = emptyDraft;
const full: FormDraft = {
  hostname: 'web-${system.serial}',
  users: [{ ...newUser(1), name: 'ada', groups: 'adm lxd', sudo: false }],
  cards: [{ ...newCard(1), addresses: '10.0.0.5/24 fd00::5/64', gateway: '10.0.0.1', nameservers: '10.0.0.1', search: 'example.org' }],
  userData: '#cloud-config\n',
  networkConfig: null,
};

test('what a form says comes back the same through the station’s own reading', () => {
  const read = checkSettings(formSettings(full));
  expect(read.ok && formOf(read.value)).toEqual(full);
});

test('an empty form is no settings, and lists take spaces, commas and empty lines', () => {
  expect(formSettings(empty)).toBeNull();
  expect(formSettings({ ...empty, userData: ' \n', networkConfig: '' })).toBeNull();
  const user = { ...newUser(1), name: ' ada ', sshKeys: '\n a b\n\nc d \n', groups: 'adm,  lxd' };
  expect(formSettings({ ...empty, users: [user] })).toEqual({
    users: [{ name: 'ada', sshKeys: ['a b', 'c d'], sudo: true, groups: ['adm', 'lxd'] }],
  });
});

describe('where the station’s word belongs', () => {
  const placed = (settings: unknown) => {
    const checked = checkSettings(settings);
    return checked.ok ? null : placeOf(checked.failure);
  };
  test.each([
    [{ hostname: 'a b' }, 'hostname', /^It is no host name/],
    [{ hostname: '${hostnam}' }, 'hostname', /^There is no fact "hostnam".*Correct the name/],
    [{ users: [{ name: 'ada', sshKeys: ['ssh-ed25519 AAAA'] }] }, 'users[0].sshKeys', /^Entry 1 is cut off or damaged\.$/],
    [{ network: [{ addresses: ['10.0.0.5/24', '10.0.0.6'] }] }, 'network[0].addresses', /^Entry 2 lacks its prefix length/],
    [{ network: [{ nameservers: [] }] }, 'network[0]', /^It has neither addresses/],
    [{ userData: 'hello' }, 'userData', /^It begins with neither/],
    [{ colour: 'red' }, '', /^settings: unknown field colour/],
  ] as const)('%j', (settings, at, text) => {
    const problem = placed(settings);
    expect(problem?.at).toBe(at);
    expect(problem?.text).toMatch(text);
  });
  test('what is no word about settings has no place among them', () => {
    expect(placeOf({ code: 'deploy.grow-unknown', message: 'The image has no partition "home".', next: '' })).toBeNull();
  });
});

test('a text that no form can hold stays a text, and says why; any other goes there and back', () => {
  const text = { ...emptyDraft, mode: 'text' as const };
  expect(switchedTo({ ...text, text: '{' }, 'form')).toMatchObject({
    draft: { mode: 'text' },
    problem: expect.stringContaining('no JSON'),
  });
  expect(switchedTo({ ...text, text: '{"users":[{}]}' }, 'form')).toMatchObject({
    draft: { mode: 'text' },
    problem: expect.stringContaining('users.0.name'),
  });
  const there = switchedTo({ ...emptyDraft, mode: 'form', form: full }, 'text').draft;
  expect(readDraft(there).settings).toEqual(formSettings(full));
  expect(switchedTo(there, 'form')).toEqual({ draft: { ...there, mode: 'form', form: full }, problem: null });
});

test('a user without a name is told before the station is asked', () => {
  const read = readDraft({ ...emptyDraft, mode: 'form', form: { ...empty, users: [newUser(1)] } });
  expect(read.problem).toMatchObject({ at: 'users[0].name' });
});
