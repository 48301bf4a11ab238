// `npm run bench -- [--json] [FIGURE…]`: every figure beside its reference tool in the same run (docs: README, "Commands"). With
// --json one line a figure on standard output and nothing else there. Exit code 1 when a measured figure does not hold.
//   --pairs N   pairs per figure, default 3        --scale S   smaller files and loads, to try the bench itself; limits mean nothing then
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { deploySuite } from './deploy.ts';
import { dhcpSuite } from './dhcp.ts';
import type { Line, RunContext, Suite } from './figure.ts';
import { kitSuite } from './kit.ts';
import { showLine } from './table.ts';
import { tftpSuite } from './tftp.ts';

const SUITES: readonly Suite[] = [kitSuite, tftpSuite, dhcpSuite, deploySuite];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, pairs: { type: 'string', default: '3' }, scale: { type: 'string', default: '1' } },
});

const wanted = (figure: string): boolean =>
  positionals.length === 0 || positionals.some((word) => figure === word || figure.startsWith(`${word}-`));

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

const run = async (): Promise<number> => {
  const suites = SUITES.filter(
    ({ figures }) => figures.some(wanted) || positionals.some((word) => word.startsWith('kit-') && figures.includes('kit-files')),
  );
  if (suites.length === 0) {
    process.stderr.write(`No such figure. There are: ${SUITES.flatMap(({ figures }) => figures).join(', ')}\n`);
    return 2;
  }
  const folder = await makeFolder();
  const context: RunContext = {
    folder,
    scale: Number(values.scale),
    pairs: Number(values.pairs),
    say: (text) => void process.stderr.write(`bench: ${text}\n`),
  };
  let holds = true;
  try {
    for (const suite of suites) {
      const lines = await linesOf(suite, context);
      for (const line of lines.filter(({ figure }) => wanted(figure))) {
        holds &&= 'skipped' in line || ('holds' in line && line.holds);
        process.stdout.write(`${values.json ? JSON.stringify(line) : showLine(line)}\n`);
      }
    }
    return holds ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

process.exitCode = await run();
