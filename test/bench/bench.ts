// `npm run bench -- [--json] [FIGURE…]`: every figure beside its reference tool in the same run (docs: README, "Commands"). With
// --json one line a figure on standard output and nothing else there. Exit code 1 when a measured figure does not hold.
//   --pairs N   pairs per figure, default 3        --scale S   smaller files and loads, to try the bench itself; limits mean nothing then
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { agentMemorySuite } from './agent-memory.ts';
import { captureSuite } from './capture.ts';
import { deploySuite } from './deploy.ts';
import { dhcpSuite } from './dhcp.ts';
import type { Line, RunContext, Suite } from './figure.ts';
import { indexOpenSuite } from './index-open.ts';
import { kitSuite } from './kit.ts';
import { librarySuite } from './library.ts';
import { policySuite } from './policies.ts';
import { restoreSuite } from './restore.ts';
import { showLine } from './table.ts';
import { tftpSuite } from './tftp.ts';
import { windowSuite } from './window.ts';

const SUITES: readonly Suite[] = [
  kitSuite,
  tftpSuite,
  dhcpSuite,
  deploySuite,
  captureSuite,
  restoreSuite,
  agentMemorySuite,
  librarySuite,
  indexOpenSuite,
  windowSuite,
  policySuite,
];

const FIGURES = SUITES.flatMap(({ figures }) => figures);
const USAGE = `npm run bench -- [--json] [--pairs N] [--scale S] [FIGURE…]    all figures, or those named:\n  ${FIGURES.join(' ')}\n`;

type Wish = { readonly json: boolean; readonly pairs: number; readonly scale: number; readonly words: readonly string[] };

const names = (word: string, figure: string): boolean => figure === word || figure.startsWith(`${word}-`);
/** The kit's files are figures of their own (`kit-vmlinuz-bytes` and so on), known once it is built. */
const isKnown = (word: string): boolean => word.startsWith('kit-') || FIGURES.some((figure) => names(word, figure));

/** Throws with a sentence where the words are none of ours. */
const readWish = (argv: readonly string[]): Wish | 'help' => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { json: { type: 'boolean' }, pairs: { type: 'string' }, scale: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help === true) return 'help';
  const [pairs, scale] = [Number(values.pairs ?? 3), Number(values.scale ?? 1)];
  if (!Number.isInteger(pairs) || pairs < 1) throw new Error(`--pairs ${values.pairs} is no number of pairs`);
  if (!(scale > 0 && scale <= 1)) throw new Error(`--scale ${values.scale} is no share of the full size, above 0 and up to 1`);
  const strange = positionals.filter((word) => !isKnown(word));
  if (strange.length > 0) throw new Error(`there is no figure ${strange.join(', ')}`);
  return { json: values.json ?? false, pairs, scale, words: positionals };
};

const linesOf = async (suite: Suite, context: RunContext): Promise<readonly Line[]> => {
  const skipped = suite.whyNot();
  if (skipped !== null) return suite.figures.map((figure) => ({ figure, skipped }));
  try {
    return await suite.run(context);
  } catch (error) {
    context.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return suite.figures.map((figure) => ({ figure, failed: error instanceof Error ? error.message.slice(0, 500) : String(error) }));
  }
};

/** In the checkout, not in /tmp, which may be memory: the deploy figure writes to a disk. Elsewhere only where the checkout is not ours. */
const makeFolder = async (): Promise<string> => {
  const cache = resolve(import.meta.dirname, '../../.cache');
  try {
    await mkdir(cache, { recursive: true });
    return await mkdtemp(join(cache, 'bench-'));
  } catch {
    return mkdtemp(join(tmpdir(), 'rackside-bench-'));
  }
};

const run = async ({ json, pairs, scale, words }: Wish): Promise<number> => {
  const wanted = (figure: string): boolean => words.length === 0 || words.some((word) => names(word, figure));
  const suites = SUITES.filter(
    ({ figures }) => figures.some(wanted) || words.some((word) => word.startsWith('kit-') && figures.includes('kit-files')),
  );
  const folder = await makeFolder();
  const context: RunContext = {
    folder,
    scale,
    pairs,
    say: (text) => void process.stderr.write(`bench: ${text}\n`),
  };
  let holds = true;
  try {
    for (const suite of suites) {
      const lines = await linesOf(suite, context);
      for (const line of lines.filter(({ figure }) => wanted(figure))) {
        holds &&= 'skipped' in line || ('holds' in line && line.holds);
        process.stdout.write(`${json ? JSON.stringify(line) : showLine(line)}\n`);
      }
    }
    return holds ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const main = (): number | Promise<number> => {
  let wish: Wish | 'help';
  try {
    wish = readWish(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  if (wish !== 'help') return run(wish);
  process.stdout.write(USAGE);
  return 0;
};

process.exitCode = await main();
