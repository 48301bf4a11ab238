// When a disk may be written without asking: the rule of an armed site, one row for each thing that it needs.
import { expect, test } from 'vitest';
import { contentShown, whyNotAuto } from '../../main/journey/auto.ts';
import type { ArmedNow, AutoQuestion } from '../../main/journey/auto.ts';
import { blankContent, disk, hash } from './fixtures.ts';

const matched = {
  kind: 'matched' as const,
  policy: 'web',
  outcome: { kind: 'deploy' as const, osoid: hash('a') },
  consent: 'auto' as const,
  replaceExisting: true,
};
const policy = { name: 'web', consent: 'auto' as const, replaceExisting: false };
const replacing = { ...policy, replaceExisting: true };
const used = disk({ content: { ...blankContent('1'), blank: false } });
const recorded = disk({ provenance: { ...disk().provenance, verdict: 'trusted' } });
const armed: ArmedNow = {
  siteId: 1,
  machinesLeft: 1,
  untilMs: 1000,
  replaces: { m: contentShown(used) },
  pinned: { web: hash('a') },
};
const question: AutoQuestion = { machineId: 'm', policy, osoid: hash('a'), disk: disk(), whenArmed: matched };

test.each<[string, Partial<ArmedNow> | null, Partial<AutoQuestion>, RegExp | null]>([
  ['a blank disk', {}, {}, null],
  ['no arming', null, {}, /not armed/],
  ['another site', { siteId: 2 }, {}, /not armed/],
  ['too late', { untilMs: 999 }, {}, /run out/],
  ['no machine left', { machinesLeft: 0 }, {}, /used up/],
  ['a policy that asks', {}, { policy: { ...policy, consent: 'ask' } }, /policy asks/],
  ['a newer image than the one shown', {}, { osoid: hash('b') }, /not the one shown/],
  ['a policy that was not shown', { pinned: {} }, {}, /not the one shown/],
  ['a policy that asked when the site was armed', {}, { whenArmed: { ...matched, consent: 'ask' } }, /changed after arming/],
  ['a machine that was another policy’s then', {}, { whenArmed: { ...matched, policy: 'db' } }, /changed after arming/],
  ['a machine that no policy fitted then', {}, { whenArmed: { kind: 'unmatched' } }, /changed after arming/],
  [
    'a machine over the limit as it was then',
    {},
    { whenArmed: { kind: 'limit-reached', policy: 'web', limit: 1 } },
    /changed after arming/,
  ],
  ['a disk with data', {}, { disk: used }, /did not list/],
  ['a disk that could not be read', {}, { disk: disk({ content: null }) }, /did not list/],
  ['an empty disk with a record', {}, { disk: recorded }, /did not list/],
  ['a listed disk, replaced on purpose', {}, { disk: used, policy: replacing }, null],
  ['a listed disk of another machine', {}, { disk: used, policy: replacing, machineId: 'n' }, /did not list/],
  ['a machine that was not listed', { replaces: {} }, { disk: used, policy: replacing }, /did not list/],
  ['a listed machine, another disk', {}, { disk: { ...used, serial: 'OTHER' }, policy: replacing }, /did not list/],
  [
    'a listed disk that holds something else by now',
    {},
    { disk: disk({ content: { ...blankContent('2'), blank: false } }), policy: replacing },
    /did not list/,
  ],
  [
    'a listed disk that has got a record since',
    {},
    { disk: { ...used, provenance: recorded.provenance }, policy: replacing },
    /did not list/,
  ],
  [
    'a policy that replaces only since it was edited',
    {},
    { disk: used, policy: replacing, whenArmed: { ...matched, replaceExisting: false } },
    /did not list/,
  ],
])('%s', (_what, armedChange, questionChange, why) => {
  const said = whyNotAuto(armedChange === null ? null : { ...armed, ...armedChange }, 1, 999, { ...question, ...questionChange });
  if (why === null) expect(said).toBeNull();
  else expect(said).toMatch(why);
});
