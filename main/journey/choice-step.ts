// A person's choice for a machine as a policy: what was chosen, the policy that it comes to, and what that would change for every machine
// ever read. Nothing is saved here.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ChoiceProposal, ChoiceWish } from '../../preload/contract/choice.ts';
import { resolveOnly } from '../matching/resolve.ts';
import { policyFromChoice } from './choice-policy.ts';
import { explain } from './decision-step.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { previewFor } from './preview-step.ts';

/** Failures: `choice.*` (preload/contract/choice.ts). */
export const proposeFor = (parts: Parts, machine: Machine, wish: ChoiceWish): Result<Omit<ChoiceProposal, 'saved'>> => {
  const override = parts.overrides.get(machine.id);
  const osoid = override?.kind === 'deploy' ? override.osoid : machine.osoid;
  const image = parts.images().find((one) => one.osoid === osoid);
  if (image === undefined)
    return failed(
      'choice.none',
      'Nobody has chosen an image for this machine, or it is no longer in the library.',
      'Choose one first: rackside deploy MACHINE --image IMAGE',
    );
  if (image.trust !== 'trusted')
    return failed(
      'choice.untrusted',
      `"${image.name}" is not signed by a key this station trusts, so no policy may deploy it.`,
      `Trust the key first: rackside trust add ${image.keyId}`,
    );
  const facts = parts.machines.facts(machine.id);
  const proposed = policyFromChoice(
    {
      machineName: parts.machines.nameOf(machine.id),
      facts,
      image,
      images: parts.images(),
      trace: explain(parts, machine, { from: 0, most: Number.POSITIVE_INFINITY }),
      namesDisk: override?.kind === 'deploy' && Object.keys(override.diskHint).length > 0,
      operator: parts.sites.current().operator,
    },
    wish,
  );
  if (!proposed.ok) return proposed;
  const { policy, says } = proposed.value;
  const now = resolveOnly({
    policies: [...parts.policies.entries(), { policy, enabled: true }],
    facts,
    fields: parts.fields(),
    used: (name) => parts.policies.used(name, machine.id),
  });
  const isHeard = now.kind === 'matched' && now.policy === policy.name;
  const more = isHeard ? [] : ['It would not decide for this machine: another policy comes first, or has the same rank.'];
  return success({ policy, says: [...says, ...more], preview: previewFor(parts, [policy], true) });
};
