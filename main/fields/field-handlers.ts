// The calls about fields, each with its line in the event log.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { FIELD_CALLS, StationField } from '../../preload/contract/fields.ts';
import type { Events } from '../database/events.ts';
import type { Policies } from '../database/policies.ts';
import type { Sites } from '../database/sites.ts';
import { brokenBy } from '../matching/check-policy.ts';
import type { CallHandlers } from '../pipe/pipe-server.ts';
import type { StationFields } from './fields.ts';
import { readFieldFile } from './read-fields.ts';

type FieldParts = {
  readonly fields: StationFields;
  readonly policies: Pick<Policies, 'entries'>;
  readonly events: Events;
  readonly sites: Sites;
};

export const createFieldHandlers = ({ fields, policies, events, sites }: FieldParts): Pick<CallHandlers, keyof typeof FIELD_CALLS> => {
  const operator = (): string => sites.current().operator;
  const here = (): readonly StationField[] => fields.list().map(({ field }) => field);
  /** A declaration that policies compare by stays as it is: without it they could judge no machine. */
  const keepsPolicies = (next: readonly StationField[]): Result<null> => {
    const broken = brokenBy(here(), next, policies.entries());
    if (broken.length === 0) return success(null);
    const names = broken.map((name) => `"${name}"`).join(', ');
    return failed(
      'field.in-use',
      `Policies compare the answer as it is declared now: ${names}.`,
      'Change or remove them first; nothing was changed.',
    );
  };
  return {
    'fields.list': () => Promise.resolve(success([...fields.list()])),
    'fields.save': ({ name, text }) => {
      const read = readFieldFile(text, name);
      if (!read.ok) return Promise.resolve(read);
      const names = new Set(read.value.map(({ name: one }) => one));
      const kept = keepsPolicies([...here().filter((field) => !names.has(field.name)), ...read.value]);
      if (!kept.ok) return Promise.resolve(kept);
      fields.save(read.value, operator());
      events.log({ kind: 'field.saved', text: `${operator()} defined how people are asked for ${[...names].join(', ')}.` });
      return Promise.resolve(success([...fields.list()]));
    },
    'fields.remove': ({ name }) => {
      const kept = keepsPolicies(here().filter((field) => field.name !== name));
      if (!kept.ok) return Promise.resolve(kept);
      const removed = fields.remove(name);
      if (!removed.ok) return Promise.resolve(removed);
      events.log({ kind: 'field.removed', text: `${operator()} removed the field ${name}.` });
      return Promise.resolve(success([...fields.list()]));
    },
  };
};
