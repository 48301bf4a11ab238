// A compose recipe for one kind of machine becomes a wish for a disk: texts with the facts in them, payloads out of the library.
import { createHash } from 'node:crypto';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { FactValue } from '../../agent/protocol/facts.ts';
import type { RecipePayload } from '../../agent/protocol/recipe.ts';
import type { ComposeRecipe } from '../../preload/contract/recipe.ts';
import type { FatFile } from '../../agent/image/fat-writer.ts';
import type { DiskWish } from '../library/lay-out-disk.ts';
import type { Library } from '../library/library.ts';
import { fillTemplate } from './template.ts';

const MIB = 1024 * 1024;
const PART_BYTES = 4 * MIB;
/** Of all payloads together: they lie in memory while the volumes are written. */
const PAYLOADS_MOST_BYTES = 1024 * MIB;
/** cloud-init's NoCloud source looks for this label. */
const SEED_LABEL = 'CIDATA';
const SEED_FILES = { userData: 'user-data', metaData: 'meta-data', networkConfig: 'network-config', vendorData: 'vendor-data' } as const;

type Options = {
  readonly facts: ReadonlyMap<string, FactValue>;
  readonly library: Pick<Library, 'payloadPart'>;
  readonly signal: AbortSignal;
  readonly seed: string;
};

/** Codes: `recipe.fact-missing`, `recipe.fact-unfit`, `compose.too-large`, `recipe.payload-missing`, and the library's. */
export const diskWishOf = async (recipe: ComposeRecipe, { facts, library, signal, seed }: Options): Promise<Result<DiskWish>> => {
  const payloadBytes = recipe.payloads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (payloadBytes > PAYLOADS_MOST_BYTES)
    return failed(
      'compose.too-large',
      `The recipe's payloads have ${payloadBytes} bytes.`,
      'Put what is larger into the base image, or use a recipe of kind "command".',
    );
  const payloads = new Map<string, Uint8Array>();
  for (const payload of recipe.payloads) {
    const bytes = await readPayload(payload, library, signal);
    if (!bytes.ok) return bytes;
    payloads.set(payload.name, bytes.value);
  }
  const volumes: DiskWish['volumes'][number][] = [];
  if (recipe.seed !== undefined) {
    const instance = createHash('sha256').update(seed).digest('hex').slice(0, 16);
    const texts = { metaData: `instance-id: rackside-${instance}\n`, ...recipe.seed };
    const files: FatFile[] = [];
    for (const [key, name] of Object.entries(SEED_FILES)) {
      const text = texts[key as keyof typeof SEED_FILES];
      if (text === undefined) continue;
      const filled = fillTemplate(text, { facts });
      if (!filled.ok) return filled;
      files.push({ path: name, bytes: Buffer.from(filled.value) });
    }
    volumes.push({ label: SEED_LABEL, sizeBytes: null, files });
  }
  for (const { label, sizeMiB, files } of recipe.partitions) {
    const filled: FatFile[] = [];
    for (const file of files) {
      const bytes = 'text' in file ? fillTemplate(file.text, { facts }) : success(payloads.get(file.payload) ?? new Uint8Array());
      if (!bytes.ok) return bytes;
      filled.push({ path: file.path, bytes: typeof bytes.value === 'string' ? Buffer.from(bytes.value) : bytes.value });
    }
    volumes.push({ label, sizeBytes: sizeMiB === undefined ? null : sizeMiB * MIB, files: filled });
  }
  const grow = recipe.grow === undefined ? null : { partition: recipe.grow.partition, sizeBytes: recipe.grow.sizeMiB * MIB };
  return success({ grow, volumes, seed });
};

const readPayload = async (
  { name, sha256, sizeBytes }: RecipePayload,
  library: Pick<Library, 'payloadPart'>,
  signal: AbortSignal,
): Promise<Result<Uint8Array>> => {
  const parts: Uint8Array[] = [];
  const hash = createHash('sha256');
  for (let at = 0; at < sizeBytes; at += PART_BYTES) {
    signal.throwIfAborted();
    const part = await library.payloadPart(sha256, at, Math.min(PART_BYTES, sizeBytes - at));
    if (!part.ok) return part;
    hash.update(part.value);
    parts.push(part.value);
  }
  if (hash.digest('hex') === sha256) return success(Buffer.concat(parts));
  return failed(
    'recipe.payload-damaged',
    `The payload ${name} is not what the recipe names.`,
    'Add the recipe again from its folder, with a higher version.',
  );
};
