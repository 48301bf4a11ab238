// Every way in which an arming ends, each with its event.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { arm, boot, createAutoRig, ends } from './armed.ts';
import { code, value } from './rig.ts';
import type { Rig } from './rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createAutoRig();
});
afterEach(() => rig.close());

describe('ends', () => {
  test('by hand, and may be armed anew; not twice at once', () => {
    value(arm(rig));
    expect(code(arm(rig))).toBe('arming.armed');
    rig.station.arming.end('Ada disarmed it');
    rig.station.arming.end('Ada disarmed it');
    expect(boot(rig, 1).assess().state).toBe('waiting');
    expect(ends(rig)).toEqual(['Site A is no longer armed: Ada disarmed it. Machines used: 0 of 3.']);
    expect(arm(rig).ok).toBe(true);
  });
  test('with its time, which the rule knows before the clock strikes', () => {
    value(arm(rig, { minutes: 1 }));
    rig.clock.atMs += 59_999;
    expect(boot(rig, 1).assess().state).toBe('working');
    rig.clock.atMs += 1;
    expect(boot(rig, 2).assess().state).toBe('waiting');
    expect(rig.station.arming.view()).toBeNull();
    rig.station.journey.tick();
    expect(ends(rig)).toEqual([expect.stringContaining('its time is up. Machines used: 1 of 3')]);
  });
  test('with a change of the site, not of its operator', () => {
    value(arm(rig));
    rig.station.sites.describe({ operator: 'Bob' });
    rig.station.arming.check();
    expect(rig.station.arming.view()).toMatchObject({ operator: 'Ada' });
    rig.station.sites.describe({ siteName: 'Site B' });
    expect(boot(rig, 1).assess().state, 'at once').toBe('waiting');
    rig.station.arming.check();
    rig.station.sites.describe({ siteName: 'Site A' });
    expect(boot(rig, 2).assess().state, 'and for good').toBe('waiting');
    expect(ends(rig)).toEqual([expect.stringContaining('Site A is no longer armed: the site is another')]);
  });
  test('with a clock that was set back', () => {
    value(arm(rig));
    rig.clock.atMs += 60_000;
    rig.station.journey.tick();
    rig.clock.atMs -= 2_000;
    rig.station.journey.tick();
    expect(rig.station.arming.view()).not.toBeNull();
    rig.clock.atMs -= 1;
    rig.station.journey.tick();
    expect(ends(rig)).toEqual([expect.stringContaining('the clock of the station was set back')]);
  });
  test('with a restart, which the next station tells of', () => {
    value(arm(rig));
    rig.restart();
    expect(rig.station.arming.view()).toBeNull();
    expect(ends(rig)).toEqual([expect.stringContaining('the station was restarted')]);
    expect(boot(rig, 1).assess().state).toBe('waiting');
    rig.restart();
    expect(ends(rig)).toHaveLength(1);
  });
  test('in memory first: a database that cannot be written keeps no site armed', () => {
    value(arm(rig));
    rig.exec("CREATE TRIGGER full BEFORE UPDATE ON arming BEGIN SELECT raise(ABORT, 'disk full'); END");
    expect(() => rig.station.arming.end('Ada disarmed it')).toThrow('disk full');
    expect(rig.station.arming.current()).toBeNull();
    expect(boot(rig, 1).assess().state).toBe('waiting');
  });
});
