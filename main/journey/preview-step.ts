// The preview of an edited set of policies: gathers every machine that was read, where it was last, and every place under a limit.
import type { Policy, PolicyPreview } from '../../preload/contract/policy.ts';
import { decideNow } from './decision-step.ts';
import type { Parts } from './journey-parts.ts';
import { editedSet } from '../matching/edited-set.ts';
import { previewPolicies } from './policy-preview.ts';

/** What these policies would change for every machine that was read; decided, and carried out by nobody. */
export const previewFor = (parts: Parts, edited: readonly Policy[], switchOn: boolean): PolicyPreview => {
  const { siteId, siteName } = parts.sites.current();
  const sites = parts.events.sitesOf();
  const known = new Map(
    parts.machines.list().flatMap((view) => {
      const machine = parts.machines.get(view.id);
      return machine.ok && machine.value.inventory !== null ? [[view.id, { view, machine: machine.value }] as const] : [];
    }),
  );
  const before = parts.policies.entries();
  return previewPolicies({
    siteId,
    edited,
    before,
    after: editedSet(before, edited, switchOn),
    machines: [...known.values()].map(({ view, machine }) => ({
      view,
      facts: parts.machines.facts(machine.id),
      ...(sites.get(machine.id) ?? { siteId, siteName }),
    })),
    places: parts.policies.places(),
    fields: parts.fields(),
    decide: (machineId, resolution) => {
      const machine = known.get(machineId)?.machine;
      if (machine === undefined) throw new Error(`machine ${machineId} left the preview`);
      return decideNow(parts, machine, resolution);
    },
  });
};
