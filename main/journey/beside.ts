// What an erase question is about beside its image: growth and settings, held against what is decided by now. Pure.
import type { Beside } from '../../preload/contract/outlook.ts';
import type { Rendered } from '../settings/render.ts';
import type { Decided } from './decided.ts';
import type { DeployWish } from './override-rows.ts';

export const besideOf = ({ grow }: DeployWish, rendered: Rendered | null): Beside => ({
  grow: grow ?? 'last',
  settingsSha256: rendered?.sha256 ?? null,
});

/** Undefined for what writes no image of the library. */
export const besideDecided = (decided: Decided): Beside | undefined =>
  decided.kind === 'assess' ? besideOf(decided.wish, decided.settings) : undefined;

/** A question of before says nothing of it: then there was nothing. */
export const sameBeside = (asked: Beside | undefined, now: Beside | undefined): boolean =>
  (asked?.grow ?? 'last') === (now?.grow ?? 'last') && (asked?.settingsSha256 ?? null) === (now?.settingsSha256 ?? null);
