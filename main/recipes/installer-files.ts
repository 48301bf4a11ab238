// What a vendor's installer fetches from the station: kernel and initrd, the vendor's own shim and GRUB, and answer files with this machine's
// facts in them; by HTTP and by TFTP, under a token that only this machine was given.
import { createHash } from 'node:crypto';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { FactValue } from '../../agent/protocol/facts.ts';
import type { RecipePayload } from '../../agent/protocol/recipe.ts';
import type { InstallerRecipe } from '../../preload/contract/recipe.ts';
import { failureAnswer, textAnswer } from '../http/answer.ts';
import type { HttpAnswer } from '../http/answer.ts';
import { pathPattern } from '../http/routes.ts';
import type { Route } from '../http/routes.ts';
import type { Library } from '../library/library.ts';
import type { TftpFile } from '../tftp/source.ts';
import type { InstallerBoot } from './installer-boots.ts';
import { factsIn, fillTemplate } from './template.ts';

/** One installation with all that its files are made of. */
export type Installation = {
  readonly boot: InstallerBoot;
  readonly recipe: InstallerRecipe;
  readonly facts: ReadonlyMap<string, FactValue>;
  readonly diskSerial: string | null;
};

export type InstallerHandOut = {
  readonly name: string;
  /** Paths below the station's root, without a slash in front. */
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
};

const FOLDER = 'installer';
/** Whatever the payloads are called: shim looks for its next stage under this name, beside itself. */
const SHIM_NAME = 'shimx64.efi';
const GRUB_NAME = 'grubx64.efi';
/** A word of the kernel's command line that was made of a fact could else become several, or mean something to a loader. */
const UNFIT_WORD = /[\s"'\\$&|;{}`]/;

const pathOf = ({ token }: Pick<InstallerBoot, 'token'>, name: string): string => `${FOLDER}/${token}/${name}`;

/** The vendor's first loader, where the recipe brings one. */
export const installerShim = ({ boot, recipe }: Pick<Installation, 'boot' | 'recipe'>): string | null =>
  recipe.shim === undefined ? null : pathOf(boot, SHIM_NAME);

const stationValues = ({ boot, diskSerial }: Installation, stationUrl: string): Readonly<Record<string, string>> => ({
  address: stationUrl,
  answers: `${stationUrl}/${FOLDER}/${boot.token}`,
  finished: `${stationUrl}/${FOLDER}/${boot.token}/finished`,
  disk: boot.diskPath,
  'disk-serial': diskSerial ?? '',
});

type Values = Parameters<typeof fillTemplate>[1];

const commandLineOf = (recipe: InstallerRecipe, values: Values): Result<string> => {
  const { facts } = values;
  const unfit = factsIn(recipe.commandLine).find((name) => UNFIT_WORD.test(String(facts.get(name) ?? '')));
  if (unfit !== undefined)
    return failed(
      'recipe.fact-unfit',
      `The value of ${unfit} cannot stand in a kernel command line.`,
      "Put it into the answer file instead, or correct the machine's fact.",
    );
  return fillTemplate(recipe.commandLine, values);
};

/** Why its texts cannot be made for a machine, which must be known before anything is erased; null: they can. Codes as `installerHandOut`. */
export const whyNotInstalled = (recipe: InstallerRecipe, facts: ReadonlyMap<string, FactValue>): Failure | null => {
  const made = [commandLineOf(recipe, { facts }), ...recipe.answers.map(({ text }) => fillTemplate(text, { facts }))];
  return made.find((one) => !one.ok)?.failure ?? null;
};

/** Codes: `recipe.fact-missing`, `recipe.fact-unfit`. */
export const installerHandOut = (installation: Installation, stationUrl: string): Result<InstallerHandOut> => {
  const { recipe, boot, facts } = installation;
  const commandLine = commandLineOf(recipe, { facts, station: stationValues(installation, stationUrl) });
  if (!commandLine.ok) return commandLine;
  const { name, kernel, initrd } = recipe;
  return success({ name, kernel: pathOf(boot, kernel), initrd: pathOf(boot, initrd), commandLine: commandLine.value });
};

/** Facts that an installer's texts name: they must be known before anything is erased. */
export const installerFacts = ({ commandLine, answers }: InstallerRecipe): readonly string[] => [
  ...new Set([commandLine, ...answers.map(({ text }) => text)].flatMap(factsIn)),
];

/** True where the installer is expected to say that it is done. */
export const saysWhenFinished = ({ commandLine, answers }: InstallerRecipe): boolean =>
  [commandLine, ...answers.map(({ text }) => text)].some((text) => text.includes('{{station:finished}}'));

export type InstallerFilesOptions = {
  readonly library: Pick<Library, 'payloadPart'>;
  readonly installation: (token: string) => Installation | null;
  readonly stationUrl: () => string;
  /** It was given one of its answer files, filled in: it runs and reaches the station. */
  readonly onRead: (boot: InstallerBoot, name: string) => void;
  readonly onFinished: (boot: InstallerBoot) => void;
};

export type InstallerFiles = {
  /** Null: no such name. */
  readonly resolve: (path: string) => Promise<TftpFile | null>;
  readonly routes: readonly Route[];
};

/** A payload lies in parts, and is read and checked whole for loaders that fetch by TFTP; over HTTP it goes out piece by piece. */
const PIECE_BYTES = 4 * 1024 * 1024;
const KEPT_MOST = 4;
/** A kernel or initrd; what is larger is no business of a loader. */
const BY_TFTP_MOST_BYTES = 512 * 1024 * 1024;

type Found = { readonly kind: 'payload'; readonly payload: RecipePayload } | { readonly kind: 'text'; readonly text: string };

export const installerFiles = ({ library, installation, stationUrl, onRead, onFinished }: InstallerFilesOptions): InstallerFiles => {
  const kept = new Map<string, Promise<Uint8Array | null>>();
  const wholeOf = (payload: RecipePayload): Promise<Uint8Array | null> => {
    const known = kept.get(payload.sha256);
    if (known !== undefined) return known;
    for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - KEPT_MOST + 1))) kept.delete(oldest);
    const reading = readWhole(library, payload);
    kept.set(payload.sha256, reading);
    void reading.then((bytes) => bytes ?? kept.delete(payload.sha256));
    return reading;
  };
  const find = (token: string, name: string): Result<Found> => {
    const one = installation(token);
    if (one === null) return unknown;
    const { recipe, facts } = one;
    const answer = recipe.answers.find((each) => each.name === name);
    if (answer !== undefined) {
      const text = fillTemplate(answer.text, { facts, station: stationValues(one, stationUrl()) });
      if (!text.ok) return text;
      onRead(one.boot, name);
      return success({ kind: 'text', text: text.value });
    }
    const wanted =
      name === SHIM_NAME && recipe.shim !== undefined ? recipe.shim : name === GRUB_NAME && recipe.grub !== undefined ? recipe.grub : name;
    const payload = recipe.payloads.find((each) => each.name === wanted);
    return payload === undefined ? unknown : success({ kind: 'payload', payload });
  };
  const finished = (token: string): HttpAnswer => {
    const one = installation(token);
    if (one === null) return failureAnswer(404, unknown.failure);
    onFinished(one.boot);
    return textAnswer('The station knows.\n');
  };
  return {
    resolve: async (path) => {
      const [folder, token = '', name = '', ...more] = path.split('/');
      if (folder !== FOLDER || more.length > 0) return null;
      const found = find(token, name);
      if (!found.ok) return null;
      if (found.value.kind === 'text') return { kind: 'bytes', bytes: Buffer.from(found.value.text) };
      const bytes = await wholeOf(found.value.payload);
      return bytes === null ? null : { kind: 'bytes', bytes };
    },
    routes: [
      ...(['GET', 'POST'] as const).map((method) => ({
        method,
        match: pathPattern(`/${FOLDER}/:token/finished`),
        handle: (_request: unknown, parts: Readonly<Record<string, string>>) => finished(parts['token'] ?? ''),
      })),
      {
        method: 'GET',
        match: pathPattern(`/${FOLDER}/:token/:name`),
        handle: (_request, parts) => {
          const found = find(parts['token'] ?? '', parts['name'] ?? '');
          if (!found.ok) return failureAnswer(404, found.failure);
          if (found.value.kind === 'text') return textAnswer(found.value.text);
          const { payload } = found.value;
          return { kind: 'stream', sizeBytes: payload.sizeBytes, chunks: piecesOf(library, payload) };
        },
      },
    ],
  };
};

const unknown = failed(
  'installer.unknown-file',
  'No installation here has such a file.',
  'Look at the answer file and the recipe for the name.',
);

/** Null where it cannot be read, or is not what the recipe names. */
const readWhole = async (library: Pick<Library, 'payloadPart'>, payload: RecipePayload): Promise<Uint8Array | null> => {
  if (payload.sizeBytes > BY_TFTP_MOST_BYTES) return null;
  const bytes = Buffer.alloc(payload.sizeBytes);
  let at = 0;
  for await (const piece of piecesOf(library, payload)) at += Buffer.from(piece).copy(bytes, at);
  return createHash('sha256').update(bytes).digest('hex') === payload.sha256 ? bytes : null;
};

/** Ends early where the library does not give it: the client sees a file that is too short, and asks again. */
async function* piecesOf(library: Pick<Library, 'payloadPart'>, { sha256, sizeBytes }: RecipePayload): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < sizeBytes; at += PIECE_BYTES) {
    const part = await library.payloadPart(sha256, at, Math.min(PIECE_BYTES, sizeBytes - at));
    if (!part.ok) return;
    yield part.value;
  }
}
