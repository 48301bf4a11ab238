// Recipes: how an image is constructed where none corresponds. A recipe is complete in itself: its script is in it, and its payload
// files are named by their hash (docs/recipes.md).
import { z } from 'zod';
import { diskHintSchema, writtenDiskHintSchema } from '../../agent/protocol/decision.ts';
import { osoidSchema, sha256Schema } from '../../agent/protocol/disk.ts';
import { failureSchema } from '../../agent/protocol/failure.ts';
import { recipeIdSchema, recipePayloadSchema, SCRIPT_MOST_BYTES } from '../../agent/protocol/recipe.ts';

const shared = {
  id: recipeIdSchema,
  /** A change of anything is a new version; the highest is the one that is used. */
  version: z.number().int().min(1).max(1_000_000),
  name: z.string().trim().min(1).max(120),
  /** Facts whose values make two machines alike: an image built for one is right for the other. */
  matchOn: z.array(z.string().max(64)).max(20),
  timeLimitMinutes: z
    .number()
    .int()
    .min(1)
    .max(24 * 60)
    .default(30),
  /** What the built images are called. */
  image: z.strictObject({
    name: z.string().trim().min(1).max(80),
    labels: z.record(z.string().min(1).max(30), z.string().max(30)).default({}),
  }),
  disk: diskHintSchema.optional(),
  note: z.string().max(2000).default(''),
};

/** Files beside `recipe.json`: those named in `payloads` go into the library as they are, all others are texts and part of the recipe. */
const fileName = z.string();
const payloadNames = z.array(fileName).max(32).default([]);
const sizeMiB = z
  .number()
  .int()
  .min(1)
  .max(16 * 1024 * 1024);

/** Which image a composed one is made from: this one, or the newest trusted one with all of these labels. */
const baseSchema = z.union([
  z.strictObject({ osoid: osoidSchema }),
  z.strictObject({ labels: z.record(z.string().min(1).max(30), z.string().max(30)) }),
]);
const composeShared = {
  kind: z.literal('compose'),
  base: baseSchema,
  /** The partition that lies last on the base image's disk is made so large; its filesystem grows on the target. */
  grow: z.strictObject({ partition: z.number().int().min(1).max(1024), sizeMiB }).optional(),
};
const label = z.string().regex(/^[A-Z0-9_-]{1,11}$/, 'must be a FAT label: at most 11 of A-Z, 0-9, - and _');
const volumeShared = { label, sizeMiB: sizeMiB.max(1024 * 1024).optional() };
const answerPath = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be a plain file name: letters, digits, dot, - and _');
const argument = z.string().max(4096);
const commandShared = {
  kind: z.literal('command'),
  /** Program and arguments, never put through a shell. */
  command: z.array(argument).min(1).max(64),
  /** Name of the disk image that it leaves in its output folder: raw, compressed raw, qcow2, VHD, VHDX, VMDK. */
  output: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be a plain file name')
    .default('disk.raw'),
};
const installerShared = {
  kind: z.literal('installer'),
  /** Names of payloads. */
  kernel: fileName,
  initrd: fileName,
  /** The vendor's own first loader and GRUB: with Secure Boot, for a kernel that our shim does not know. */
  shim: fileName.optional(),
  grub: fileName.optional(),
  /** After the kernel; `{{fact:NAME}}` and `{{station:answers}}` are put in. */
  commandLine: z.string().max(1500),
};

const fileShared = { ...shared, disk: writtenDiskHintSchema.optional() };
/** `recipe.json` in a recipe's folder: all files are names of files beside it. */
const recipeFileKinds = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('script'), ...fileShared, script: fileName, payloads: payloadNames }),
  z.strictObject({
    ...fileShared,
    ...composeShared,
    payloads: payloadNames,
    seed: z
      .strictObject({
        userData: fileName,
        metaData: fileName.optional(),
        networkConfig: fileName.optional(),
        vendorData: fileName.optional(),
      })
      .optional(),
    /** Path on the volume → file. */
    partitions: z
      .array(z.strictObject({ ...volumeShared, files: z.record(z.string().max(255), fileName) }))
      .max(8)
      .default([]),
  }),
  z.strictObject({ ...fileShared, ...commandShared, files: z.array(fileName).max(32).default([]), payloads: payloadNames }),
  z.strictObject({ ...fileShared, ...installerShared, answers: z.array(fileName).max(8).default([]), payloads: payloadNames }),
]);
const withKind = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !('kind' in value) ? { ...value, kind: 'script' } : value;
export const recipeFileSchema = z.preprocess(withKind, recipeFileKinds);
/** Of all kinds. */
export const RECIPE_FILE_KEYS: readonly string[] = [...new Set(recipeFileKinds.options.flatMap(({ shape }) => Object.keys(shape)))];
export type RecipeFile = z.infer<typeof recipeFileKinds>;

const text = z.string().max(SCRIPT_MOST_BYTES);
const payloads = z.array(recipePayloadSchema).max(32);
const textFile = z.strictObject({ name: answerPath, text });
const scriptRecipe = z.strictObject({ kind: z.literal('script'), ...shared, /** POSIX sh. */ script: text.min(1), payloads });
const composeRecipe = z.strictObject({
  ...shared,
  ...composeShared,
  payloads,
  /** Of cloud-init's NoCloud source, on a FAT partition `CIDATA`; facts are put in where `{{fact:NAME}}` stands. */
  seed: z
    .strictObject({ userData: text, metaData: text.optional(), networkConfig: text.optional(), vendorData: text.optional() })
    .optional(),
  partitions: z
    .array(
      z.strictObject({
        ...volumeShared,
        files: z
          .array(
            z.union([
              z.strictObject({ path: z.string().max(255), text }),
              z.strictObject({ path: z.string().max(255), payload: recipePayloadSchema.shape.name }),
            ]),
          )
          .max(256),
      }),
    )
    .max(8),
});
const commandRecipe = z.strictObject({ ...shared, ...commandShared, files: z.array(textFile).max(32), payloads });
const installerRecipe = z.strictObject({ ...shared, ...installerShared, answers: z.array(textFile).max(8), payloads });
export const recipeSchema = z.preprocess(
  withKind,
  z.discriminatedUnion('kind', [scriptRecipe, composeRecipe, commandRecipe, installerRecipe]),
);
export type ScriptRecipe = z.infer<typeof scriptRecipe>;
export type ComposeRecipe = z.infer<typeof composeRecipe>;
export type CommandRecipe = z.infer<typeof commandRecipe>;
export type InstallerRecipe = z.infer<typeof installerRecipe>;
export type Recipe = ScriptRecipe | ComposeRecipe | CommandRecipe | InstallerRecipe;

export const recipeViewSchema = z.object({
  recipe: recipeSchema,
  /** Of the whole recipe: what a consent to build is bound to. */
  sha256: sha256Schema,
  enabled: z.boolean(),
  addedAtMs: z.number().int(),
  addedBy: z.string(),
});
export type RecipeView = z.infer<typeof recipeViewSchema>;

/** One image on its way on the station itself: kinds `compose` and `command`. */
export const constructionViewSchema = z.object({
  id: z.string(),
  recipeId: z.string(),
  version: z.number().int(),
  kind: z.enum(['compose', 'command']),
  imageName: z.string(),
  /** What makes machines alike for it, by fact. */
  matchOn: z.record(z.string(), z.unknown()),
  /** Whose facts it is made with: the first machine that wanted it. */
  machineId: z.string().nullable(),
  machineName: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  startedAtMs: z.number().int(),
  endedAtMs: z.number().int().nullable(),
  osoid: osoidSchema.nullable(),
  failure: failureSchema.nullable(),
  /** The last line that the builder printed. */
  lastLine: z.string(),
});
export type ConstructionView = z.infer<typeof constructionViewSchema>;

const none = z.strictObject({});
const recipeRef = z.strictObject({ id: z.string().max(80) });
const constructionRef = z.strictObject({ id: z.string().max(80) });

export const RECIPE_CALLS = {
  /** The highest version of each. */
  'recipes.list': { argument: none, answer: z.array(recipeViewSchema) },
  /** Path of a folder on the station's own disk. */
  'recipes.add': { argument: z.strictObject({ path: z.string().min(1).max(4096) }), answer: recipeViewSchema },
  /**
   * A recipe that runs a command on this station is switched on only with `accept`, the SHA-256 of the recipe that the person was shown.
   * Failures: `recipe.unknown`, `recipe.not-shown`.
   */
  'recipes.enable': {
    argument: recipeRef.extend({ enabled: z.boolean(), accept: z.string().max(64).optional() }),
    answer: recipeViewSchema,
  },
  /** Its images and payload files stay. Failures: `recipe.unknown`, `recipe.in-use`. */
  'recipes.remove': { argument: recipeRef, answer: z.array(recipeViewSchema) },
  /** What runs, and how the latest ended; newest last. */
  'constructions.list': { argument: none, answer: z.array(constructionViewSchema) },
  /** Failures: `construct.unknown`, `construct.ended`. */
  'constructions.cancel': { argument: constructionRef, answer: constructionViewSchema },
  /** Forgets how it ended: the machines that wait for it are decided again, and it begins anew. Failures: `construct.unknown`, `construct.running`. */
  'constructions.retry': { argument: constructionRef, answer: z.array(constructionViewSchema) },
} as const;
