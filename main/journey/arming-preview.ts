// What arming would do, from values alone: which image each `auto` policy means now, and for every machine known here which disk
// would be written, with what on it. The hash is over all that decides it.
import { createHash } from 'node:crypto';
import type { DiskHint } from '../../agent/protocol/decision.ts';
import type { Disk } from '../../agent/protocol/disk.ts';
import type { ArmingPreview, Foreseen } from '../../preload/contract/arming.ts';
import type { MachineView, PolicyView } from '../../preload/contract/views.ts';
import type { Place } from '../database/sites.ts';
import { newest } from '../matching/newest.ts';
import { contentShown, holdsNothing } from './auto.ts';
import { sameDisk } from './consent.ts';
import type { Decided, LibraryImage } from './decided.ts';

export type Outlook = {
  readonly view: MachineView;
  readonly disks: readonly Disk[];
  readonly decided: Decided;
  /** The image of its last job that was done. */
  readonly written: string | null;
};

export const previewOf = (given: {
  readonly place: Place;
  readonly policies: readonly PolicyView[];
  readonly images: readonly LibraryImage[];
  readonly machines: readonly Outlook[];
}): ArmingPreview => {
  const policies = given.policies.flatMap((entry) => policyShown(entry, given.images));
  const machines = given.machines
    .toSorted((a, b) => Number(asksNow(b)) - Number(asksNow(a)) || a.view.stateAtMs - b.view.stateAtMs)
    .flatMap(foresee);
  const basis = [
    given.place.siteId,
    given.policies.map(({ policy, enabled }) => [policy, enabled]),
    policies.map(({ name, image }) => [name, image?.osoid ?? null]),
    machines.map(({ machineId, policy, osoid, fate, disk }) => [machineId, policy, osoid, fate, disk === null ? null : contentShown(disk)]),
  ];
  const hash = createHash('sha256')
    .update(JSON.stringify(['arming/1', ...basis]))
    .digest('hex');
  return { hash, siteName: given.place.siteName, operator: given.place.operator, policies, machines };
};

const policyShown = ({ policy, enabled, used }: PolicyView, images: readonly LibraryImage[]): ArmingPreview['policies'] => {
  const { name, rank, limit, replaceExisting, outcome } = policy;
  if (!enabled || policy.consent !== 'auto' || (outcome.kind !== 'deploy' && outcome.kind !== 'deploy-newest')) return [];
  const found =
    outcome.kind === 'deploy-newest'
      ? newest(images, outcome.labels)
      : newest(
          images.filter(({ osoid }) => osoid === outcome.osoid),
          {},
        );
  const common = { name, rank, limit, used, replaceExisting };
  if (found.kind === 'found') {
    const { osoid, name: imageName, revision } = found.image;
    return [{ ...common, image: { osoid, name: imageName, revision }, problem: null }];
  }
  const problem =
    found.kind === 'tie'
      ? `which image is the newest cannot be told: ${found.reason}`
      : found.untrusted > 0
        ? 'its image is not signed by a key that this station trusts'
        : 'the library has no image for it';
  return [{ ...common, image: null, problem }];
};

const asksNow = ({ view }: Outlook): boolean => view.online && view.question?.kind === 'erase';

const foresee = (outlook: Outlook): readonly Foreseen[] => {
  const { view, decided, disks, written } = outlook;
  // A running agent that asks for something else has had its say about this decision.
  const isElsewhere = view.state === 'working' || view.jobId !== null || (view.online && view.question !== null && !asksNow(outlook));
  if (isElsewhere || decided.kind !== 'assess' || decided.by?.consent !== 'auto') return [];
  const { image, by } = decided;
  const carries = (osoid: string): boolean =>
    disks.some(({ provenance }) => provenance.verdict === 'trusted' && provenance.osoid === osoid);
  // Its agent described the disks before they were written.
  const isOutdated = written !== null && !carries(written);
  if (carries(image.osoid) || (isOutdated && written === image.osoid)) return [];
  const common = {
    machineId: view.id,
    machineName: view.name,
    position: view.position,
    online: view.online,
    policy: by.name,
    osoid: image.osoid,
    imageName: `${image.name} r${image.revision}`,
  };
  if (isOutdated) return [{ ...common, fate: 'ask', why: 'another image was written to it since', disk: null, untouched: [] }];
  const [disk, another] =
    view.question?.kind === 'erase' && view.online ? [view.question.disk] : likelyDisks(outlook, image, decided.diskHint);
  if (disk === undefined || another !== undefined) {
    const why = disk === undefined ? 'none of its disks fits the image' : 'several of its disks fit the image';
    return [{ ...common, fate: 'ask', why, disk: null, untouched: [] }];
  }
  const untouched = disks.filter((other) => !sameDisk(other, disk) || other.path !== disk.path);
  return [{ ...common, ...fateOf(disk, by.replaceExisting), disk, untouched }];
};

const fateOf = (disk: Disk, replaceExisting: boolean): Pick<Foreseen, 'fate' | 'why'> => {
  if (holdsNothing(disk)) return { fate: 'erase', why: 'its disk is empty' };
  const { content, provenance } = disk;
  const holds =
    content === null
      ? 'its disk could not be read'
      : content.recognisedOs !== null
        ? `its disk holds ${content.recognisedOs}`
        : provenance.verdict === 'absent'
          ? 'its disk holds data'
          : 'its disk carries the record of another installation';
  if (content === null) return { fate: 'ask', why: holds };
  return replaceExisting ? { fate: 'replace', why: holds } : { fate: 'ask', why: `${holds}, and the policy does not replace` };
};

/** As its agent last described them; the agent's own choice (agent/disk/candidates.ts) is what counts in the end. */
const likelyDisks = ({ disks }: Outlook, image: LibraryImage, hint: DiskHint): readonly Disk[] => {
  const isPinned = hint.serial !== undefined || hint.wwn !== undefined;
  return disks.filter(
    (disk) =>
      (isPinned || disk.exclusions.length === 0) &&
      (hint.serial === undefined || disk.serial === hint.serial) &&
      (hint.wwn === undefined || disk.wwn === hint.wwn) &&
      (hint.kind === undefined || disk.kind === hint.kind) &&
      (hint.transport === undefined || disk.transport === hint.transport) &&
      disk.sizeBytes >= Math.max(image.diskSizeBytes, hint.minSizeBytes ?? 0) &&
      disk.sizeBytes <= (hint.maxSizeBytes ?? Number.POSITIVE_INFINITY) &&
      disk.logicalSectorBytes === image.logicalSectorBytes,
  );
};
