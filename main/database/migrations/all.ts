// Every migration in order. Forward only: a station that meets a newer database refuses it (see ../open.ts).
import { first } from './0001-first.ts';
import { acceptedSignature } from './0002-accepted-signature.ts';
import { tokensAndSessions } from './0003-tokens-and-sessions.ts';
import { arming } from './0004-arming.ts';
import { captures } from './0005-captures.ts';
import { recordChanges } from './0006-record-changes.ts';
import { packChecks } from './0007-pack-checks.ts';
import { sitePlan } from './0008-site-plan.ts';
import { armedMachines } from './0009-armed-machines.ts';
import { recipes } from './0010-recipes.ts';
import { builds } from './0011-builds.ts';
import { arrivedPolicies } from './0012-arrived-policies.ts';
import { fields } from './0013-fields.ts';
import { deployOptions } from './0014-deploy-options.ts';
import { acceptsBound } from './0015-accepts-bound.ts';
import { travel } from './0016-travel.ts';
import { constructions } from './0017-constructions.ts';
import { installerBoots } from './0018-installer-boots.ts';
import { imageSets } from './0019-image-sets.ts';
import { deepChecks } from './0020-deep-checks.ts';
import { mergedEvidence } from './0021-merged-evidence.ts';

export type Migration = { readonly number: number; readonly sql: string };

export const MIGRATIONS: readonly Migration[] = [
  first,
  acceptedSignature,
  tokensAndSessions,
  arming,
  captures,
  recordChanges,
  packChecks,
  sitePlan,
  armedMachines,
  recipes,
  builds,
  arrivedPolicies,
  fields,
  deployOptions,
  acceptsBound,
  travel,
  constructions,
  installerBoots,
  imageSets,
  deepChecks,
  mergedEvidence,
];
