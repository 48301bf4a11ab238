// The words of the Policies screen.
import { notText } from '../../preload/contract/encoding-words.ts';
import { count } from './numbers.ts';

export const POLICY_WORDS = {
  policies: {
    emptyTitle: 'No policy yet',
    empty: 'Without one, every machine waits for a person. A policy says: when these facts hold, this is what happens.',
    add: 'Add…',
    import: 'Import…',
    export: 'Export',
    file: 'Policy file',
    imported: (source: string, number: Readonly<Record<'new' | 'changed' | 'same' | 'onlyHere', number>>): string =>
      `${source}: ${number.new} new, ${number.changed} changed, ${number.same} the same, ${number.onlyHere} only here. Nothing of it is on before you have looked at it.`,
    importedShadowed: (says: string): string => `Were it on: ${says}`,
    guessed: 'Look at the letters of these policies',
    notText: (file: string, line: number | null) => ({
      code: 'policy.file-unreadable',
      message: notText(file, line),
      next: 'Save it as UTF-8.',
    }),
    tooLong: (file: string) => ({
      code: 'policy.file-too-long',
      message: `${file} is too long for this window.`,
      next: 'Import it on the station with: rackside policies import FILE',
    }),
    lookNew: 'New: look…',
    lookChanged: 'Changed: look…',
    arrivedTitle: (name: string): string => `Switch on ${name}?`,
    arrivedNew: (source: string): string => `It came with ${source}, and there is no policy of this name here.`,
    arrivedChanged: (source: string): string =>
      `Another version came with ${source}. The one that is here goes on until you switch this one on.`,
    preview: 'What it would change',
    previewDo: 'Show what it would change',
    previewCounts: (number: {
      readonly machines: number;
      readonly changed: number;
      readonly otherPolicy: number;
      readonly same: number;
      readonly elsewhere: number;
    }): string =>
      `Of ${count(number.machines, 'machine', 'machines')} ${number.changed} would change, ${number.otherPolicy} get the same by another policy, ${number.same} stay as they are.${number.elsewhere === 0 ? '' : ` ${number.elsewhere} of these were last heard at another site.`}`,
    previewMore: (number: number): string => `and ${count(number, 'more machine', 'more machines')}`,
    atSite: (site: string): string => `at ${site}`,
    choiceDo: 'Make this a policy…',
    choiceTitle: 'Make this choice a policy?',
    choiceText: (machine: string): string =>
      `What was chosen for ${machine}, for all machines like it. Nothing is saved before you say so.`,
    choiceNewest: 'The newest image with the same labels, instead of exactly this one',
    choiceRank: (name: string, rank: number): string => `${name}, rank ${rank}; it asks before it erases.`,
    choiceName: 'Another name',
    choiceNameHelp: 'Small letters, digits and hyphens; may stay empty.',
    choiceOff: 'Save, switched off',
    choiceOn: 'Save and switch on',
    choiceSaved: (name: string, on: boolean): string => `${name} is saved and ${on ? 'on' : 'off'}.`,
    discard: 'Drop what came',
    switchOn: 'Switch on',
    addTitle: 'Add a policy',
    addText: 'A policy with a name that exists replaces it. It is checked before it is kept.',
    json: 'Policy (JSON)',
    addDo: 'Add',
    added: (name: string): string => `${name} is kept. Switch it on when you have seen it.`,
    typed: 'What you typed',
    enabled: 'on',
    disabled: 'off',
    enable: (name: string): string => `Use policy ${name}`,
    remove: 'Remove',
    removeTitle: (name: string): string => `Remove ${name}?`,
    removeText: 'Machines that it decided keep what they have; the next decision is made without it.',
    edit: 'Edit…',
    used: (used: number, limit: number | null): string => (limit === null ? `used ${used}×` : `used ${used} of ${limit}`),
    consent: { ask: 'asks before it erases', auto: 'erases by itself where the site is armed' },
    everyMachine: 'every machine',
    order: 'The lowest rank that fits decides.',
    whenWord: 'when',
    thenWord: 'then',
  },
} as const;
