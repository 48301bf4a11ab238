// The policies' calls of the fake station: the list is the scene's, files are read and compared by the station's own code.
import { failed, success } from '../../agent/protocol/failure.ts';
import { arrived, differenceOf } from '../../main/matching/compare-policies.ts';
import { editedSet, shadowedByEdit } from '../../main/matching/edited-set.ts';
import { readPolicyFile, writePolicyFile } from '../../main/matching/policy-file.ts';
import { shadowed } from '../../main/matching/shadowed.ts';
import type { CallHandlers } from '../../main/pipe/pipe-server.ts';
import type { CallName } from '../../preload/contract/calls.ts';
import { policySchema } from '../../preload/contract/policy.ts';
import type { Snapshot } from '../../preload/contract/events.ts';
import type { PolicyView } from '../../preload/contract/views.ts';
import type { FakeState, FakeTools } from './fake-parts.ts';

type PolicyCalls = Pick<CallHandlers, Extract<CallName, `policies.${string}`>>;

export const policyHandlers = (state: FakeState, { publish }: Pick<FakeTools, 'publish'>): PolicyCalls => {
  const policies = (given: Snapshot['policies']): void => {
    const hidden = new Map(shadowed(given).map(({ policy, says }) => [policy, says]));
    const next = given.map((view) => ({ ...view, shadowed: hidden.get(view.policy.name) ?? null }));
    state.snapshot = { ...state.snapshot, policies: next };
    publish({ name: 'policies.changed', payload: next });
  };
  return {
    'policies.list': async () => success(state.snapshot.policies),
    'policies.fromChoice': async ({ machineId, name, newest, save }) => {
      const machine = state.snapshot.machines.find(({ id }) => id === machineId);
      const image = state.snapshot.images.find(({ osoid }) => osoid === machine?.osoid);
      if (machine === undefined || image === undefined)
        return failed('choice.none', 'Nobody has chosen an image for this machine.', 'Choose one first.');
      if (state.snapshot.policies.some(({ policy }) => policy.name === name))
        return failed('choice.name-taken', `There is a policy "${name}" already.`, 'Give another name, or change that policy itself.');
      const { manufacturer, model } = machine;
      const policy = policySchema.parse({
        name: name ?? 'machines-like-it',
        rank: 9,
        when: {
          all: [
            { fact: 'manufacturer', equal: manufacturer ?? '' },
            { fact: 'model', equal: model ?? '' },
          ],
        },
        outcome: newest ? { kind: 'deploy-newest', labels: image.labels } : { kind: 'deploy', osoid: image.osoid },
        consent: 'ask',
      });
      const like = state.snapshot.machines.filter((one) => one.id !== machineId && one.model === model);
      const changes = like.map(({ id, name: called, position, state: now }) => ({
        ...{ machineId: id, name: called, position, state: now, site: null, why: [] },
        before: { policy: null, text: 'hold: No policy fits.' },
        after: { policy: policy.name, text: `deploy "${image.name}"` },
      }));
      const machines = state.snapshot.machines.length;
      const counts = { machines, changed: changes.length, otherPolicy: 0, same: machines - changes.length, elsewhere: 0 };
      const saved: PolicyView = { policy, enabled: save === 'on', addedAtMs: Date.now(), used: 0, shadowed: null, arrived: null };
      if (save !== null) policies([...state.snapshot.policies, saved]);
      return success({
        policy,
        says: ['The disk that was chosen is not part of it.'],
        preview: { counts, changes, shadowed: [] },
        saved: save === null ? null : saved,
      });
    },
    'policies.add': async ({ policy }) => {
      if (JSON.stringify(policy.when).includes('colour'))
        return failed(
          'policy.unknown-fact',
          'when.all[0].fact: there is no fact “colour”.',
          'Use a fact of the catalogue, or input.colour.',
        );
      const view = { policy, enabled: false, addedAtMs: Date.now(), used: 0, shadowed: null, arrived: null };
      policies([...state.snapshot.policies.filter((one) => one.policy.name !== policy.name), view]);
      return success(view);
    },
    'policies.save': async (file) => {
      const read = readPolicyFile('text' in file ? file.text : '', file.name);
      if (!read.ok) return read;
      const added = read.value.map((policy): PolicyView => ({
        policy,
        enabled: true,
        addedAtMs: Date.now(),
        used: 0,
        shadowed: null,
        arrived: null,
      }));
      policies([...state.snapshot.policies.filter((one) => read.value.every(({ name: other }) => other !== one.policy.name)), ...added]);
      return success(added);
    },
    'policies.preview': async ({ file }) => {
      const read = readPolicyFile('text' in file ? file.text : '', file.name);
      if (!read.ok) return read;
      const [one] = state.snapshot.machines;
      const decided = read.value[0]?.name ?? null;
      const side = { policy: decided, text: 'boot its own disk' };
      const changes =
        one === undefined
          ? []
          : [
              {
                machineId: one.id,
                name: one.name,
                position: one.position,
                state: one.state,
                site: null,
                before: { policy: null, text: 'hold: No policy fits.' },
                after: side,
                why: [],
              },
            ];
      const machines = state.snapshot.machines.length;
      return success({
        counts: { machines, changed: changes.length, otherPolicy: 0, same: machines - changes.length, elsewhere: 0 },
        changes,
        shadowed: shadowedByEdit(editedSet(state.snapshot.policies, read.value, true), read.value),
      });
    },
    'policies.export': async () => {
      const text = writePolicyFile(state.snapshot.policies.map(({ policy }) => policy));
      return success({ text, policies: state.snapshot.policies.length });
    },
    'policies.import': async (file) => {
      const { name } = file;
      const read = readPolicyFile('text' in file ? file.text : '', name);
      if (!read.ok) return read;
      const differences = read.value.map((policy) => {
        const here = state.snapshot.policies.find((one) => one.policy.name === policy.name);
        return { policy, here, difference: differenceOf(here?.policy ?? null, policy, policy.consent === 'auto') };
      });
      const views = differences.map(({ policy, here, difference }): PolicyView => {
        const came = { policy: arrived(policy), source: name, atMs: Date.now(), difference };
        return {
          ...(here ?? { policy: came.policy, enabled: false, addedAtMs: Date.now(), used: 0, shadowed: null }),
          arrived: difference.kind === 'same' ? null : came,
        };
      });
      const onlyHere = state.snapshot.policies.filter((one) => views.every(({ policy }) => policy.name !== one.policy.name));
      policies([...onlyHere, ...views]);
      return success({
        source: name,
        differences: differences.map(({ difference }) => difference),
        onlyHere: onlyHere.map(({ policy }) => policy.name),
        shadowed: shadowedByEdit(editedSet(state.snapshot.policies, read.value, true), read.value),
      });
    },
    'policies.discard': async ({ name }) => {
      policies(state.snapshot.policies.map((one) => (one.policy.name === name ? { ...one, arrived: null } : one)));
      return success(state.snapshot.policies);
    },
    'policies.remove': async ({ name }) => {
      policies(state.snapshot.policies.filter((one) => one.policy.name !== name));
      return success(state.snapshot.policies);
    },
    'policies.enable': async ({ name, enabled }) => {
      policies(
        state.snapshot.policies.map((one) =>
          one.policy.name === name
            ? { ...one, enabled, ...(enabled && one.arrived !== null ? { policy: one.arrived.policy, arrived: null } : {}) }
            : one,
        ),
      );
      const view = state.snapshot.policies.find((one) => one.policy.name === name);
      return view === undefined ? failed('policies.unknown', 'No such policy.', 'Reload.') : success(view);
    },
    'policies.explain': async ({ machineId, from, most }) => {
      const trace = state.traces.get(machineId) ?? state.scene.extras.get(machineId)?.trace ?? null;
      if (trace === null) return failed('machines.no-facts', 'It has no facts yet.', 'Wait for its inventory.');
      const page = trace.policies.slice(from, from + most);
      return success({ ...trace, policies: page, left: trace.policies.length - page.length });
    },
  };
};
