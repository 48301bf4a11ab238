// What a machine's disk would hold beside the image's own bytes, before anything is ordered: the same judgement as the order's own.
import { chooseGrowth, isGrowable, isMovable } from '../../agent/image/choose-growth.ts';
import type { Disk } from '../../agent/protocol/disk.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Outlook } from '../../preload/contract/outlook.ts';
import type { ImageView } from '../../preload/contract/views.ts';
import { readableUserData } from '../settings/cloud-init.ts';
import { factSource } from '../settings/fill.ts';
import { renderSettings } from '../settings/render.ts';
import type { Rendered } from '../settings/render.ts';
import { besideOf } from './beside.ts';
import { whyBoundElsewhere } from './bound-image.ts';
import { decideNow, resolutionOf } from './decision-step.ts';
import { wishOf } from './deploy-options.ts';
import { hintOf } from './disk-hint.ts';
import type { Parts } from './journey-parts.ts';
import type { Machine } from '../machines/machine.ts';
import type { DeployWish } from './override-rows.ts';

export type OutlookWish = {
  readonly osoid: string;
  readonly diskSerial: string | null;
  readonly grow?: string | undefined;
  readonly settings?: unknown;
};

type Grown = Pick<Outlook, 'grows' | 'whyNotGrown'>;

/** Of a wish; of what is decided where there is none. Codes: `outlook.none`, `image.gone`, `disk.unknown`, `deploy.grow-*`, `settings.*`. */
export const outlookFor = (parts: Parts, machine: Machine, wish: OutlookWish | null): Result<Outlook> =>
  wish === null ? ofDecision(parts, machine) : ofWish(parts, machine, wish);

const ofDecision = (parts: Parts, machine: Machine): Result<Outlook> => {
  const decided = decideNow(parts, machine, resolutionOf(parts, machine));
  if (decided.kind !== 'assess')
    return failed('outlook.none', 'No image is decided for this machine now.', 'Look at what it asks, or choose an image for it.');
  const asked = machine.question?.kind === 'erase' ? machine.question.disk : null;
  const disk = asked ?? diskOf(machine, decided.diskHint);
  return success(outlookOf(parts, machine, decided.image, decided.wish, decided.settings, disk));
};

const ofWish = (parts: Parts, machine: Machine, wish: OutlookWish): Result<Outlook> => {
  const image = parts.images().find(({ osoid }) => osoid === wish.osoid);
  if (image === undefined) return failed('image.gone', 'The library no longer has this image.', 'Choose another one.');
  const hint = hintOf(machine, wish.diskSerial);
  if (!hint.ok) return hint;
  const facts = machine.inventory === null ? null : parts.machines.facts(machine.id);
  const checked = wishOf(wish, image, facts);
  if (!checked.ok) return checked;
  const { settings } = checked.value;
  const rendered = settings === null ? null : renderSettings(settings, facts === null ? null : factSource(facts));
  if (rendered !== null && !rendered.ok) return { ok: false, failure: rendered.failure };
  return success(outlookOf(parts, machine, image, checked.value, rendered?.value ?? null, diskOf(machine, hint.value)));
};

const outlookOf = (
  parts: Parts,
  machine: Machine,
  image: ImageView,
  wish: DeployWish,
  rendered: Rendered | null,
  disk: Disk | null,
): Outlook => ({
  osoid: image.osoid,
  imageName: image.name,
  beside: besideOf(wish, rendered),
  ...growthIn(wish.grow, image, disk?.sizeBytes ?? null, rendered !== null),
  settings:
    rendered === null
      ? null
      : {
          hostname: rendered.hostname,
          filled: machine.inventory !== null,
          texts: textsOf(rendered),
        },
  bound: whyBoundElsewhere(image, parts.machines.facts(machine.id)),
});

/** Without the instance's own file: its id is new with each job, and says nothing to a person. */
export const textsOf = (rendered: Rendered): { name: string; text: string }[] =>
  rendered.seed('shown').files.flatMap(({ name, text }) => {
    if (name !== 'user-data') return name === 'meta-data' ? [] : [{ name, text }];
    const parts = readableUserData(text);
    return parts.map((part, index) => ({ name: parts.length === 1 ? name : `${name}, part ${index + 1}`, text: part }));
  });

/** The one that was named, else the only one that is a candidate by itself. */
const diskOf = (machine: Machine, hint: { readonly serial?: string | undefined; readonly wwn?: string | undefined }): Disk | null => {
  const disks = machine.inventory?.disks ?? [];
  if (hint.serial !== undefined || hint.wwn !== undefined)
    return disks.find(({ serial, wwn }) => (hint.serial === undefined ? wwn === hint.wwn : serial === hint.serial)) ?? null;
  const [only, ...others] = disks.filter(({ exclusions }) => exclusions.length === 0);
  return only === undefined || others.length > 0 ? null : only;
};

const MIB = 1024 * 1024;
const SEED_BYTES = 4 * MIB;

/** By what the manifest says of the image; the agent does it by the table itself (agent/deploy/fit-table.ts). */
export const growthIn = (
  grow: string | null,
  image: Pick<ImageView, 'partitions' | 'logicalSectorBytes' | 'diskSizeBytes'>,
  diskBytes: number | null,
  withSettings: boolean,
): Grown => {
  const { partitions, logicalSectorBytes: sectorBytes } = image;
  const chosen = chooseGrowth(grow ?? 'last', partitions, sectorBytes);
  const one = chosen.ok && chosen.value !== null ? partitions.find(({ number }) => number === chosen.value?.number) : undefined;
  if (!chosen.ok || one === undefined || chosen.value === null) return { grows: null, whyNotGrown: null };
  if (!isGrowable(one.filesystem)) {
    const what = one.filesystem ?? 'no known filesystem';
    return { grows: null, whyNotGrown: `partition ${one.number} is the last and holds ${what}, which cannot grow here` };
  }
  const endLba = one.startLba + one.sectors;
  const behind = partitions.filter(({ startLba }) => startLba >= endLba).toSorted((a, b) => a.startLba - b.startLba);
  const wall = behind.find((other) => !isMovable(other, sectorBytes));
  const moved = behind.filter((other) => wall === undefined || other.startLba < wall.startLba);
  const hasSeed = partitions.some(({ label }) => label?.toLowerCase() === 'cidata');
  const endBytes = wall === undefined ? (diskBytes ?? 0) - MIB - (withSettings && !hasSeed ? SEED_BYTES : 0) : wall.startLba * sectorBytes;
  const room = endBytes - one.startLba * sectorBytes - moved.reduce((sum, { sectors }) => sum + sectors * sectorBytes, 0);
  const fromBytes = one.sectors * sectorBytes;
  const toBytes = Math.floor(room / MIB) * MIB;
  const known = (wall !== undefined || diskBytes !== null) && toBytes > fromBytes;
  return {
    grows: {
      number: one.number,
      name: one.name,
      filesystem: one.filesystem,
      volume: chosen.value.volume,
      fromBytes,
      toBytes: known ? toBytes : null,
    },
    whyNotGrown: null,
  };
};
