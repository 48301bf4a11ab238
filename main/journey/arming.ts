// An armed site: for a time and a number of machines, `auto` policies may erase without asking. Its record is kept; its power lives in
// memory alone, so that a restart of the station always disarms it (docs/operating.md, "Arming").
import { randomUUID } from 'node:crypto';
import type { ArmedView, ArmingPreview } from '../../preload/contract/arming.ts';
import type { Events } from '../database/events.ts';
import type { Database } from '../database/open.ts';
import type { Place, Sites } from '../database/sites.ts';
import type { PolicyEntry } from '../matching/ranked.ts';
import { createArmingRows } from './arming-rows.ts';

export type NewArming = {
  readonly untilMs: number;
  readonly machines: number;
  readonly replaceExisting: boolean;
  readonly shown: ArmingPreview;
  /** All policies as they stood: an edit may narrow what was shown, never widen it. */
  readonly policies: readonly PolicyEntry[];
  /** What the disks to be replaced were shown to hold, by machine. */
  readonly replaces: Readonly<Record<string, string>>;
};

export type Armed = Pick<NewArming, 'untilMs' | 'policies' | 'replaces'> &
  Place & {
    readonly id: string;
    readonly machinesLeft: number;
    /** The OSOID shown when arming, by policy name: a newer image that arrives meanwhile is not covered. */
    readonly pinned: Readonly<Record<string, string>>;
  };

export type Arming = {
  /** The caller has checked the preview, and that no arming is open. */
  arm(wish: NewArming): void;
  /** Null once it has ended; time and site are for the rule to judge. */
  current(): Armed | null;
  /** This machine was given a consent by it: the last one ends it. */
  used(machineId: string): void;
  end(reason: string): void;
  /** Ends it when its time is up, the site is another, or the clock was set back; call it every few seconds. */
  check(): void;
  /** Tells windows again: a change could not be saved. */
  reload(): void;
  view(): ArmedView | null;
};

export type ArmingOptions = {
  readonly database: Database;
  readonly now: () => number;
  readonly sites: Sites;
  readonly events: Events;
  readonly onChange: () => void;
};

/** Time servers step a clock back by less. */
const CLOCK_SLACK_MS = 2_000;

export const createArming = ({ database, now, sites, events, onChange }: ArmingOptions): Arming => {
  const rows = createArmingRows(database);
  let live: (Omit<Armed, 'machinesLeft'> & Pick<NewArming, 'machines' | 'shown'> & { readonly sinceMs: number }) | null = null;
  let latestMs = 0;

  const finish = (arming: { readonly id: string; readonly siteName: string; readonly machines: number }, reason: string): void => {
    const used = rows.used(arming.id);
    rows.end(arming.id, reason, now());
    const text = `${arming.siteName} is no longer armed: ${reason}. Machines used: ${used} of ${arming.machines}.`;
    events.log({ kind: 'site.disarmed', text });
  };
  const end = (reason: string): void => {
    if (live === null) return;
    const ending = live;
    // Before anything can fail: a full disk must not keep a site armed.
    live = null;
    if (rows.open()?.id === ending.id) finish(ending, reason);
    onChange();
  };
  const leftBehind = rows.open();
  if (leftBehind !== null) finish(leftBehind, 'the station was restarted');

  const isOpen = (): boolean => live !== null && rows.open()?.id === live.id;
  return {
    arm: (wish) => {
      const { untilMs, machines, shown, policies, replaces, replaceExisting } = wish;
      const place = sites.current();
      const images = shown.policies.flatMap(({ name, image }) => (image === null ? [] : [[name, image.osoid] as const]));
      const id = randomUUID();
      latestMs = now();
      rows.insert({ ...place, id, sinceMs: latestMs, untilMs, machines, shown, replaceExisting });
      live = { ...place, id, sinceMs: latestMs, untilMs, machines, shown, policies, replaces, pinned: Object.fromEntries(images) };
      onChange();
    },
    current: () => (live !== null && isOpen() ? { ...live, machinesLeft: live.machines - rows.used(live.id) } : null),
    used: (machineId) => {
      if (live === null || !isOpen()) return;
      rows.use(live.id, machineId);
      // Not forgotten here: where this cannot be saved, the arming is as it was.
      if (rows.used(live.id) >= live.machines) finish(live, 'its number of machines is used up');
      onChange();
    },
    end,
    check: () => {
      if (live === null) return;
      if (live.siteId !== sites.current().siteId) end('the site is another');
      else if (now() >= live.untilMs) end('its time is up');
      else if (now() < latestMs - CLOCK_SLACK_MS) end('the clock of the station was set back');
      latestMs = Math.max(latestMs, now());
    },
    reload: onChange,
    view: () => {
      if (live === null || !isOpen() || now() >= live.untilMs) return null;
      const { operator, siteName, sinceMs, untilMs, machines, shown } = live;
      return {
        ...{ operator, siteName, sinceMs, untilMs, machines },
        used: rows.used(live.id),
        replaces: Object.keys(live.replaces).length,
        images: shown.policies.flatMap(({ name, image }) =>
          image === null ? [] : [{ policy: name, osoid: image.osoid, imageName: `${image.name} r${image.revision}` }],
        ),
      };
    },
  };
};
