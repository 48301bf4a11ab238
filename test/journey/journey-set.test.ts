// An image set on its machine: one member after the other, what one yes covers, what ends that, and going on where it was.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageSet } from '../../preload/contract/image-set.ts';
import type { Recipe } from '../../preload/contract/recipe.ts';
import { disk, hash, image, inventory, jobResult, policy } from './fixtures.ts';
import { code, createRig, value } from './rig.ts';
import type { FakeAgent, Rig } from './rig.ts';
import { failure, identity, localBoot, ready } from './walk.ts';

const recipe = (id: string): Recipe => ({
  id,
  version: 1,
  name: id,
  kind: 'script',
  matchOn: ['model'],
  timeLimitMinutes: 5,
  image: { name: id, labels: {} },
  note: '',
  script: `echo ${id}`,
  payloads: [],
});
const SET: ImageSet = {
  name: 'lab',
  members: [
    { name: 'rescue', osoid: hash('a') },
    { name: 'web', recipe: 'web' },
    { name: 'mail', recipe: 'mail' },
  ],
  note: '',
};
const MAC = '52:54:00:00:00:01';

let rig: Rig;
let recipes: Record<string, string>;
beforeEach(() => {
  rig = createRig();
  rig.images.splice(1);
  recipes = Object.fromEntries(['web', 'mail'].map((id) => [id, value(rig.station.recipes.add(recipe(id), 'Ada')).sha256]));
  rig.station.sets.put([SET], true, 'Ada');
});
afterEach(() => rig.close());

const want = (member?: string): void =>
  void value(rig.station.policies.add(policy({ outcome: { kind: 'set', set: 'lab', ...(member === undefined ? {} : { member }) } })));
const withDisk = (letter: string | null, content = '1') =>
  inventory({
    mac: MAC,
    disks: [
      disk({
        ...(letter === null ? {} : { provenance: { ...disk().provenance, verdict: 'trusted' as const, osoid: hash(letter) } }),
        content: { ...(disk().content ?? expect.fail('no content')), hash: hash(content) },
      }),
    ],
  });
const ask = (agent: FakeAgent, id: string, content = '1') =>
  agent.assess({ kind: 'ready-to-build', recipeSha256: recipes[id] ?? '', disk: identity(), contentHash: hash(content) });
/** The build of the running job ends: its image is there, and the agent looks again at a disk that carries it. */
const built = (agent: FakeAgent, letter: string, how: { readonly recorded?: boolean; readonly content?: string } = {}) => {
  const job = rig.station.jobs.builds()[0] ?? expect.fail('nothing is built');
  rig.images.push(image(letter, { recipe: job.wish.key, name: job.imageName }));
  rig.station.journey.onCaptured(job.id, {
    osoid: hash(letter),
    name: job.imageName,
    revision: 1,
    alreadyPresent: false,
    diskBytes: 1,
    dataBytes: 1,
    chunksSent: 1,
    bytesSent: 1,
    seconds: 1,
  });
  value(agent.report({ kind: 'built', jobId: job.id, localBoot, recorded: how.recorded ?? true }));
  expect(agent.last('rescan').kind).toBe('rescan');
  return agent.inventory(withDisk(how.recorded === false ? null : letter, how.content ?? '2'));
};
const run = () => rig.station.setRuns.views(null, (id) => id)[0] ?? expect.fail('no run');
const states = () => run().members.map(({ name, state }) => `${name} ${state}`);

describe('every member is constructed', () => {
  test('one yes covers the set on this disk: two builds, then the end on what the policy names', () => {
    want('web');
    const agent = rig.agent();
    agent.inventory(withDisk(null));
    const asked = ask(agent, 'web');
    expect(asked).toMatchObject({
      state: 'waiting',
      question: {
        kind: 'erase',
        recipe: { id: 'web' },
        set: { name: 'lab', member: 'web', number: 2, of: 3, covers: ['build member "mail" by recipe "mail"', 'write member "web"'] },
      },
    });
    expect(asked.says).toMatch(/member 2 of 3, "web", of set "lab"[^]*same yes covers[^]*build member "mail"[^]*write member "web"/);
    expect(states()).toEqual(['rescue there', 'web now', 'mail waiting']);
    value(rig.approve(asked));
    expect(run().covered).toBe(true);
    built(agent, 'b');
    expect(states()).toEqual(['rescue there', 'web built', 'mail now']);
    expect(ask(agent, 'mail', '2')).toMatchObject({ state: 'working', question: null });
    built(agent, 'c', { content: '3' });
    // Everything is there: what is left is to end on "web", which was named too.
    expect(agent.last('assess').decision).toMatchObject({ kind: 'deploy', osoid: hash('b') });
    const working = agent.assess(ready('b', '3'));
    expect(working).toMatchObject({ state: 'working', imageName: expect.stringContaining('web') });
    value(agent.report({ kind: 'finished', jobId: working.jobId ?? '', result: jobResult(hash('b')) }));
    expect(rig.view(asked.id)).toMatchObject({ state: 'provisioned', osoid: hash('b') });
    expect(run()).toMatchObject({ state: 'done', covered: false });
    expect(states()).toEqual(['rescue there', 'web built', 'mail built']);
    // Each erase has a consent of its own, all by the person who said yes.
    expect(rig.query('SELECT osoid, given_by FROM consent ORDER BY rowid')).toMatchObject([
      { osoid: recipes['web'] },
      { osoid: recipes['mail'] },
      { osoid: hash('b') },
    ]);
  });
  test('the member that was built last is on the disk already', () => {
    want();
    const agent = rig.agent();
    agent.inventory(withDisk(null));
    const asked = ask(agent, 'web');
    expect(asked.question).toMatchObject({ set: { covers: ['build member "mail" by recipe "mail"'] } });
    value(rig.approve(asked));
    built(agent, 'b');
    ask(agent, 'mail', '2');
    built(agent, 'c', { content: '3' });
    expect(agent.assess({ kind: 'already-installed', osoid: hash('c'), disk: identity(), localBoot })).toMatchObject({
      state: 'provisioned',
    });
    expect(run().state).toBe('done');
  });
  test('a machine of that kind that comes later gets the last member, and builds nothing', () => {
    want();
    const agent = rig.agent();
    agent.inventory(withDisk(null));
    value(rig.approve(ask(agent, 'web')));
    built(agent, 'b');
    ask(agent, 'mail', '2');
    built(agent, 'c', { content: '3' });
    const other = rig.agent('52:54:00:00:00:02');
    other.inventory(inventory({ mac: '52:54:00:00:00:02', serial: 'OTHER', disks: [disk({ serial: 'DISK-2', wwn: null })] }));
    expect(other.last('assess').decision).toMatchObject({ kind: 'deploy', osoid: hash('c') });
    expect(rig.station.setRuns.views(null, (id) => id)).toHaveLength(1);
  });
  test('a machine that carries the last member already boots it, although others are missing', () => {
    want('rescue');
    const agent = rig.agent();
    agent.inventory(withDisk('a'));
    expect(agent.last('assess').decision).toMatchObject({ kind: 'deploy', osoid: hash('a') });
  });
  test('what cannot be constructed holds it, and says which member', () => {
    rig.station.sets.put([{ ...SET, members: [{ name: 'gone', osoid: hash('f') }, ...SET.members] }], true, 'Ada');
    want();
    expect(rig.agent().inventory()).toMatchObject({
      state: 'unmatched',
      question: { kind: 'choose', reason: expect.stringMatching(/^Member 1 of 4 of set "lab", "gone": Image f+ is not in the library/) },
    });
  });
});

describe('the yes is over', () => {
  const toSecond = (how: { readonly recorded?: boolean } = {}): FakeAgent => {
    want('web');
    const agent = rig.agent();
    agent.inventory(withDisk(null));
    value(rig.approve(ask(agent, 'web')));
    built(agent, 'b', how);
    return agent;
  };
  test('when the disk holds something else than the last build left, or has no record', () => {
    const agent = toSecond({ recorded: false });
    expect(ask(agent, 'mail', '2')).toMatchObject({ state: 'waiting', question: { set: { member: 'mail', number: 3 } } });
  });
  test('with a reboot: the next member asks anew, and nothing that was built is built again', () => {
    toSecond();
    const again = rig.agent();
    again.inventory(withDisk('b', '2'));
    expect(again.last('assess').decision).toMatchObject({ kind: 'build', recipe: { id: 'mail' } });
    expect(ask(again, 'mail', '2')).toMatchObject({
      state: 'waiting',
      question: { set: { member: 'mail', covers: ['write member "web"'] } },
    });
  });
  test('when another person sits at the station', () => {
    const agent = toSecond();
    rig.station.sites.describe({ operator: 'Bob' });
    expect(ask(agent, 'mail', '2').state).toBe('waiting');
  });
  test('when the recipe is another one', () => {
    const agent = toSecond();
    recipes['mail'] = value(rig.station.recipes.add({ ...recipe('mail'), version: 2, note: 'other' }, 'Ada')).sha256;
    rig.station.journey.onRulesChanged();
    expect(ask(agent, 'mail', '2')).toMatchObject({ state: 'waiting', question: { recipe: { version: 2 } } });
  });
  test('a set that was changed while it was asked about cannot be approved unseen', () => {
    want('web');
    const agent = rig.agent();
    agent.inventory(withDisk(null));
    const asked = ask(agent, 'web');
    rig.station.sets.put([{ ...SET, members: SET.members.slice(0, 2) }], true, 'Ada');
    expect(code(rig.approve(asked))).toBe('consent.changed');
  });
});

describe('cut short', () => {
  test('a member that fails is named, asked for again, and after two failures held; the next try begins there', () => {
    want();
    const agent = rig.agent();
    agent.inventory(withDisk(null));
    value(rig.approve(ask(agent, 'web')));
    built(agent, 'b');
    const first = ask(agent, 'mail', '2');
    value(agent.report({ kind: 'failed', jobId: first.jobId ?? '', failure }));
    expect(run()).toMatchObject({ state: 'failed', covered: false, failure, place: { member: 'mail', number: 3, of: 3 } });
    expect(states()).toEqual(['rescue there', 'web built', 'mail failed']);
    agent.inventory(withDisk(null, '4'));
    const second = ask(agent, 'mail', '4');
    expect(second.state).toBe('waiting');
    const job = value(rig.approve(second));
    value(agent.report({ kind: 'failed', jobId: job.id, failure }));
    expect(rig.view(second.id).state).toBe('failed');
    value(rig.station.journey.onRetry(second.id));
    agent.inventory(withDisk(null, '5'));
    expect(agent.last('assess').decision).toMatchObject({ kind: 'build', recipe: { id: 'mail' } });
    expect(states()).toEqual(['rescue there', 'web built', 'mail failed']);
  });
  test('by a restart of the station between two members: it goes on under the same yes', () => {
    want('web');
    const agent = rig.agent();
    agent.inventory(withDisk(null));
    value(rig.approve(ask(agent, 'web')));
    built(agent, 'b');
    rig.restart();
    rig.station.journey.onContact(agent.sessionId);
    agent.inventory(withDisk('b', '2'));
    expect(ask(agent, 'mail', '2').state).toBe('working');
    expect(states()).toEqual(['rescue there', 'web built', 'mail now']);
  });
  test('by the power in the middle of a member: that member again, and the run says why', () => {
    want();
    const agent = rig.agent();
    agent.inventory(withDisk(null));
    value(rig.approve(ask(agent, 'web')));
    const again = rig.agent();
    again.inventory(withDisk(null, '7'));
    expect(again.last('assess').decision).toMatchObject({ kind: 'build', recipe: { id: 'web' } });
    expect(run()).toMatchObject({ state: 'failed', failure: { code: 'build.interrupted' }, place: { member: 'web' } });
  });
  test('by a person who sends it to its own disk: the run has ended, and is not called done', () => {
    want();
    const agent = rig.agent();
    const machine = agent.inventory(withDisk(null));
    ask(agent, 'web');
    value(rig.station.journey.onBootLocal(machine.id));
    expect(run().state).toBe('ended');
  });
});

test('a policy names a set that is here and on, one of its members, and never erases by itself', () => {
  const add = (outcome: object, change: object = {}) => rig.station.policies.add({ ...policy(), ...change, outcome } as never);
  const reason = (outcome: object, change: object = {}): string => {
    const added = add(outcome, change);
    return added.ok ? 'added' : added.failure.message;
  };
  expect(reason({ kind: 'set', set: 'lba' })).toMatch(/unknown image set "lba", did you mean "lab"/);
  expect(reason({ kind: 'set', set: 'lab', member: 'wbe' })).toMatch(/no member "wbe", did you mean "web"; there are rescue, web, mail/);
  expect(reason({ kind: 'set', set: 'lab' }, { consent: 'auto' })).toMatch(/must be "ask"/);
  value(rig.station.sets.enable('lab', false));
  expect(reason({ kind: 'set', set: 'lab' })).toMatch(/switched off/);
});
