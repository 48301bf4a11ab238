// Runs a recipe's external builder (mmdebstrap, mkosi, Packer …) in a folder of its own on this computer, and imports the disk image that
// it leaves. What fails leaves nothing: neither folder nor image.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { FactValue } from '../../agent/protocol/facts.ts';
import type { RecipePayload } from '../../agent/protocol/recipe.ts';
import type { CommandRecipe } from '../../preload/contract/recipe.ts';
import type { Library } from '../library/library.ts';
import type { CaptureLabels } from '../library/publish-capture.ts';
import { runCommand } from './run-command.ts';

export const COMMAND_FOLDER = 'rackside-command-';
const PART_BYTES = 4 * 1024 * 1024;

type Options = {
  readonly recipe: CommandRecipe;
  readonly facts: ReadonlyMap<string, FactValue>;
  readonly labels: Omit<CaptureLabels, 'parent'>;
  readonly library: Pick<Library, 'payloadPart' | 'importImage'>;
  readonly scratchFolder: string;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
};

/** Codes: `command.*`, `construct.no-room`, `recipe.payload-*`, and those of an import. */
export const constructByCommand = async (options: Options): Promise<Result<{ readonly osoid: string }>> => {
  const { recipe, library, labels, signal, scratchFolder } = options;
  try {
    const folder = await mkdtemp(join(scratchFolder, COMMAND_FOLDER));
    try {
      const output = await build(options, folder);
      if (!output.ok) return output;
      return await library.importImage({
        ...labels,
        sourcePath: output.value,
        scratchFolder,
        signal,
        built: { facts: labels.facts, recipe: labels.recipe },
      });
    } finally {
      // What a builder made as another user stays, and is told of at the next start.
      await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => options.onLine(`${folder} could not be removed`));
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      return failed(
        'construct.no-room',
        `${scratchFolder} has no room left for what recipe "${recipe.id}" builds.`,
        'Make room on this computer, then let it try again.',
      );
    throw error;
  }
};

/** Path of what was built. */
const build = async (options: Options, folder: string): Promise<Result<string>> => {
  const { recipe, facts, signal } = options;
  const places = { recipe: join(folder, 'recipe'), output: join(folder, 'output'), home: join(folder, 'home') };
  for (const place of Object.values(places)) await mkdir(place);
  for (const { name, text } of recipe.files) await writeFile(join(places.recipe, name), text, { mode: 0o755 });
  for (const payload of recipe.payloads) {
    const fetched = await fetchPayload(join(places.recipe, payload.name), payload, options);
    if (!fetched.ok) return fetched;
  }
  const factsFile = join(folder, 'facts.json');
  await writeFile(factsFile, `${JSON.stringify(Object.fromEntries(facts), null, 2)}\n`);
  const output = join(places.output, recipe.output);
  const ended = await runCommand({
    command: recipe.command,
    folder: places.recipe,
    variables: {
      HOME: places.home,
      TMPDIR: places.home,
      RACKSIDE_OUTPUT: output,
      RACKSIDE_FACTS: factsFile,
      RACKSIDE_RECIPE: places.recipe,
      ...factVariables(facts),
    },
    timeLimitMs: recipe.timeLimitMinutes * 60_000,
    signal,
    onLine: options.onLine,
  });
  const next = 'Read its lines in the log, mend the recipe or this computer, and let it try again.';
  const said = ended.last.length === 0 ? '' : ` It said last: ${ended.last.join(' | ')}`;
  const name = `The command of recipe "${recipe.id}" version ${recipe.version}`;
  switch (ended.kind) {
    case 'stopped':
      return failed('construct.cancelled', `${name} was stopped.`, 'Let it try again when you like.');
    case 'not-started':
      return failed(
        'command.not-found',
        `${name} cannot be run: ${ended.why}.`,
        'Install the program on this computer, or correct `command` in the recipe.',
      );
    case 'timed-out':
      return failed('command.timed-out', `${name} was ended after ${recipe.timeLimitMinutes} minutes.${said}`, next);
    case 'exited':
      if (ended.code !== 0) return failed('command.failed', `${name} ended with exit code ${ended.code}.${said}`, next);
  }
  const size = await stat(output).then(
    (found) => (found.isFile() ? found.size : 0),
    () => 0,
  );
  if (size > 0) return success(output);
  return failed(
    'command.no-output',
    `${name} ended well and left no ${recipe.output}.${said}`,
    'It must write its disk image to the path in RACKSIDE_OUTPUT.',
  );
};

const fetchPayload = async (
  path: string,
  { name, sha256, sizeBytes }: RecipePayload,
  { library, signal }: Options,
): Promise<Result<null>> => {
  const hash = createHash('sha256');
  await using file = await open(path, 'wx');
  for (let at = 0; at < sizeBytes; at += PART_BYTES) {
    if (signal.aborted) return failed('construct.cancelled', 'The image was not made.', 'Let it try again when you like.');
    const part = await library.payloadPart(sha256, at, Math.min(PART_BYTES, sizeBytes - at));
    if (!part.ok) return part;
    hash.update(part.value);
    for (let done = 0; done < part.value.length;) done += (await file.write(part.value, done)).bytesWritten;
  }
  if (hash.digest('hex') === sha256) return success(null);
  return failed(
    'recipe.payload-damaged',
    `The payload ${name} is not what the recipe names.`,
    'Add the recipe again from its folder, with a higher version.',
  );
};

/** `memory.size` → `RACKSIDE_FACT_MEMORY_SIZE`; lists separated by commas. A value that no environment can carry is left to the JSON file. */
export const factVariables = (facts: ReadonlyMap<string, FactValue>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...facts].flatMap(([name, value]) => {
      const text = Array.isArray(value) ? value.join(',') : String(value);
      return text.includes('\0') || text.length > 8192 ? [] : [[`RACKSIDE_FACT_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`, text]];
    }),
  );
