// What a deploy does beside writing its image, from the word of a person or a policy to what one job carries: settings filled in with
// the machine's facts, and what grows.
import { randomUUID } from 'node:crypto';
import { chooseGrowth } from '../../agent/image/choose-growth.ts';
import type { Fact } from '../../agent/protocol/facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ImageView } from '../../preload/contract/views.ts';
import type { DeployJobOptions } from '../jobs/job-rows.ts';
import { checkSettings } from '../settings/check-settings.ts';
import { factSource } from '../settings/fill.ts';
import { renderSettings } from '../settings/render.ts';
import type { Rendered } from '../settings/render.ts';
import type { DeployWish } from './override-rows.ts';

type Image = Pick<ImageView, 'partitions' | 'logicalSectorBytes' | 'table' | 'name'>;

/** A person's wish as it came, held against the image. `facts` null: the machine was not read yet. Codes: `settings.*`, `deploy.grow-*`. */
export const wishOf = (
  given: { readonly grow?: string | undefined; readonly settings?: unknown },
  image: Image,
  facts: readonly Fact[] | null,
): Result<DeployWish> => {
  const grow = given.grow ?? null;
  const problem = growProblem(grow, image);
  if (!problem.ok) return problem;
  if (given.settings === undefined || given.settings === null) return success({ grow, settings: null });
  const settings = checkSettings(given.settings);
  if (!settings.ok) return settings;
  if (image.table === 'none')
    return failed(
      'settings.no-place',
      `"${image.name}" has no partition table, so that there is no place for settings.`,
      'Deploy without settings.',
    );
  const rendered = facts === null ? null : renderSettings(settings.value, factSource(facts));
  if (rendered !== null && !rendered.ok) return { ok: false, failure: rendered.failure };
  return success({ grow, settings: settings.value });
};

/** What cannot grow in this image is said before anybody is asked to erase. */
export const growProblem = (grow: string | null, image: Image): Result<null> => {
  const chosen = chooseGrowth(grow ?? 'none', image.partitions, image.logicalSectorBytes);
  return chosen.ok ? success(null) : chosen;
};

/** Null where there are no settings. */
export const renderedFor = (wish: DeployWish, facts: readonly Fact[]): ReturnType<typeof renderSettings> | null =>
  wish.settings === null ? null : renderSettings(wish.settings, factSource(facts));

/** Each deploy is an instance of its own to cloud-init, which then does again what it does once. */
export const jobOptionsOf = (wish: DeployWish, rendered: Rendered | null): DeployJobOptions => ({
  grow: wish.grow,
  seed: rendered === null ? null : rendered.seed(`rackside-${randomUUID()}`),
});
