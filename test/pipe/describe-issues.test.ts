// A person who typed a policy is told the place and the reason, for the branch of a union that they meant.
import { expect, test } from 'vitest';
import { describeIssues } from '../../main/pipe/describe-issues.ts';
import { CALLS } from '../../preload/contract/calls.ts';

const policy = { name: 'web', rank: 1, when: { all: [] }, outcome: { kind: 'boot-local' }, consent: 'ask' };
const said = (part: object): string => {
  const parsed = CALLS['policies.add'].argument.safeParse({ policy: { ...policy, ...part } });
  return parsed.success ? '' : describeIssues(parsed.error.issues);
};

test.each([
  [{ rank: 'first' }, 'policy.rank: expected number, received string'],
  [{ when: { all: [{ fact: 'model', glob: 7 }] } }, 'policy.when.all[0].glob: expected string, received number'],
  [
    {
      when: {
        any: [
          {
            none: [
              { fact: 'a', equal: 1 },
              { fact: 'b', in: [] },
            ],
          },
        ],
      },
    },
    'policy.when.any[0].none[1].in: Too small: expected array to have >=1 items',
  ],
  [
    {
      when: {
        all: [
          { fact: 1, equal: 'x' },
          { fact: 2, equal: 'x' },
          { fact: 3, equal: 'x' },
        ],
      },
    },
    'policy.when.all[2].fact: expected string, received number',
  ],
  [{ outcome: { kind: 'deploy' } }, 'policy.outcome.osoid: expected string, received undefined'],
  [{ colour: 'red' }, 'policy: Unrecognized key: "colour"'],
])('%j', (part, expected) => {
  expect(said(part)).toContain(expected);
});
