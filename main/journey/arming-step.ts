// Arming and the machines: what it would do to those known here, and what it answers in a person's place once it is on.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Disk } from '../../agent/protocol/disk.ts';
import type { ArmingPreview, ArmWish } from '../../preload/contract/arming.ts';
import { resolveOnly } from '../matching/resolve.ts';
import { previewOf } from './arming-preview.ts';
import { contentShown, whyNotAuto } from './auto.ts';
import { consentHash } from './consent.ts';
import { decideNow, optionsOf, resolutionOf } from './decision-step.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import { beginWork } from './work-step.ts';

export const previewArming = (parts: Parts): ArmingPreview =>
  previewOf({
    place: parts.sites.current(),
    policies: parts.policies.list(),
    images: parts.images(),
    machines: parts.machines.list().flatMap((view) => {
      const machine = parts.machines.get(view.id);
      if (!machine.ok || machine.value.inventory === null || parts.jobs.active(view.id) !== null) return [];
      const decided = decideNow(parts, machine.value, resolutionOf(parts, machine.value));
      const written =
        parts.jobs.ofMachine(view.id).findLast(({ kind, state }) => kind !== 'capture' && kind !== 'verify' && state === 'done')?.osoid ??
        null;
      return [{ view, disks: machine.value.inventory.disks, decided, written }];
    }),
  });

/** Failures: `arming.armed`, `arming.preview-changed`, `arming.nothing`. */
export const arm = (parts: Parts, wish: ArmWish): Result<null> => {
  if (parts.arming.current() !== null) return failed('arming.armed', 'The site is armed already.', 'Disarm it first, then arm it anew.');
  const shown = previewArming(parts);
  if (shown.hash !== wish.previewHash)
    return failed(
      'arming.preview-changed',
      'What arming would do is not what was shown.',
      'Read what it would do now, and arm the site for that.',
    );
  if (shown.policies.every(({ image }) => image === null))
    return failed(
      'arming.nothing',
      'No policy that is on has consent "auto" and an image to deploy.',
      'Switch such a policy on, or answer each machine yourself.',
    );
  const replaced = wish.replaceExisting ? shown.machines.filter(({ fate }) => fate === 'replace') : [];
  parts.events.log({ kind: 'site.armed', level: 'warn', text: armedText(parts, wish, shown, replaced.length) });
  parts.arming.arm({
    untilMs: parts.now() + Math.round(wish.minutes * 60_000),
    machines: wish.machines,
    replaceExisting: wish.replaceExisting,
    shown,
    policies: parts.policies.entries(),
    replaces: Object.fromEntries(replaced.flatMap(({ machineId, disk }) => (disk === null ? [] : [[machineId, contentShown(disk)]]))),
  });
  return success(null);
};

const armedText = (parts: Parts, { machines, minutes }: ArmWish, shown: ArmingPreview, replaced: number): string => {
  const { siteName, operator } = parts.sites.current();
  const number = machines === 1 ? 'one machine' : `at most ${machines} machines`;
  const images = shown.policies.flatMap(({ name, image }) =>
    image === null ? [] : [`${name} deploys "${image.name}" r${image.revision}`],
  );
  const disks =
    replaced === 0 ? 'Disks with something on them ask' : `Listed disks with something on them that may be replaced: ${replaced}`;
  return `${operator} armed ${siteName} for ${number} and ${Math.round(minutes * 10) / 10} min: ${images.join(', ')}. ${disks}.`;
};

/** Why a person must be asked before this disk is written; null where the arming answers for one. */
export const whyAsk = (parts: Parts, machine: Machine, disk: Disk): string | null => {
  const resolution = resolutionOf(parts, machine);
  if (resolution.kind !== 'matched' || resolution.policy !== machine.policy || machine.osoid === null) return 'a person chose the image';
  const armed = parts.arming.current();
  const { policy: name, consent, replaceExisting } = resolution;
  return whyNotAuto(armed, parts.sites.current().siteId, parts.now(), {
    machineId: machine.id,
    policy: { name, consent, replaceExisting },
    osoid: machine.osoid,
    disk,
    whenArmed:
      armed === null
        ? null
        : resolveOnly({
            policies: armed.policies,
            fields: parts.fields(),
            facts: parts.machines.facts(machine.id),
            used: (policy) => parts.policies.used(policy, machine.id),
          }),
  });
};

/** Machines that ask about a disk at this moment, the longest waiting first. */
export const asking = (parts: Parts): readonly Machine[] =>
  parts.machines
    .online()
    .filter(({ question }) => question?.kind === 'erase')
    .toSorted((a, b) => a.stateAtMs - b.stateAtMs);

/** The arming's answer to a question that already stands; a person answers where it has none. */
export const answerArmed = (parts: Parts, machine: Machine): void => {
  const { question, sessionId } = machine;
  const armed = parts.arming.current();
  if (armed === null || question?.kind !== 'erase' || sessionId === null || whyAsk(parts, machine, question.disk) !== null) return;
  const image = parts.images().find(({ osoid, trust }) => osoid === question.osoid && trust === 'trusted');
  const { serial, wwn, sizeBytes, content } = question.disk;
  const subject = {
    machineId: machine.id,
    sessionId,
    disk: { serial, wwn, sizeBytes },
    contentHash: content?.hash ?? '',
    osoid: question.osoid,
  };
  if (image === undefined || consentHash(subject) !== question.consentHash) return;
  const options = optionsOf(decideNow(parts, machine, resolutionOf(parts, machine)), question.osoid);
  if (options === null) return;
  beginWork(parts, machine, image, { consent: parts.consents.give(subject, armed), options });
  parts.arming.used(machine.id);
};
