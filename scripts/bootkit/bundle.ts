// Bundles the agent, its worker and the stick's question for a station into single files, as the target runs them: Node, and koffi
// for libzstd (agent/disk/zstd.ts).
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';

import { build } from 'esbuild';

import type { Entry } from './cpio.ts';
import { stopBuild } from './run.ts';

/** Source below agent/, and the name its bundle has in /opt/rackside. */
const ENTRIES = [
  { source: 'index.ts', name: 'agent' },
  { source: 'disk/chunk-worker.ts', name: 'agent-worker' },
  { source: 'inform/index.ts', name: 'ask-station' },
] as const;

const exists = async (file: string): Promise<boolean> => (await stat(file).catch(() => undefined)) !== undefined;

const placed = (name: string, data: Uint8Array): Entry => ({ kind: 'file', path: `opt/rackside/${name}`, data, executable: false });

/** What koffi needs to run on the target; its sources stay away. Its binary is a package of its own for each platform. */
const KOFFI_FILES: readonly { readonly name: string; readonly folder: string; readonly wanted: RegExp }[] = [
  { name: 'koffi', folder: '.', wanted: /^(package\.json|index\.cjs)$/ },
  { name: 'koffi', folder: 'src/koffi', wanted: /\.cjs$/ },
  { name: 'koffi', folder: 'src/koffi/src', wanted: /\.cjs$/ },
  { name: '@koromix/koffi-linux-x64', folder: '.', wanted: /^(package\.json|index\.js)$/ },
  { name: '@koromix/koffi-linux-x64', folder: 'linux_x64', wanted: /\.node$/ },
];

/** koffi as the target finds it beside the agent; empty where npm brought none for x64 Linux: the agent then does without. */
export const koffiEntries = async (root: string): Promise<Entry[]> => {
  const entries: Entry[] = [];
  for (const { name, folder, wanted } of KOFFI_FILES) {
    const path = join(root, 'node_modules', name, folder);
    const names = await readdir(path).catch(() => null);
    if (names === null) return [];
    for (const file of names.filter((candidate) => wanted.test(candidate)).toSorted())
      entries.push(placed(posix.join('node_modules', name, folder, file), await readFile(join(path, file))));
  }
  return entries;
};

/** The agent's files for stage 2, from `agentFolder` or, when given, from one ready-made file. */
export const bundleAgent = async (agentFolder: string, agentFile: string | undefined): Promise<Entry[]> => {
  // Node takes a .js file as ES module only when a package.json beside it says so.
  const marker = placed('package.json', Buffer.from('{ "type": "module" }\n'));
  if (agentFile !== undefined) return [marker, placed('agent.js', await readFile(agentFile))];
  const sources = [];
  for (const entry of ENTRIES) {
    if (await exists(join(agentFolder, entry.source))) sources.push({ in: join(agentFolder, entry.source), out: entry.name });
    else if (entry.name === 'agent')
      stopBuild('bootkit.no-agent', 'agent/index.ts does not exist.', 'Check out the whole source, or name a bundle: --agent FILE.');
  }
  const result = await build({
    entryPoints: sources,
    bundle: true,
    write: false,
    outdir: '/',
    platform: 'node',
    target: 'node24',
    format: 'esm',
    legalComments: 'none',
    logLevel: 'silent',
    absWorkingDir: join(agentFolder, '..'),
    // Bundled CommonJS packages may call require.
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  }).catch((error: unknown) =>
    stopBuild(
      'bootkit.bundle-failed',
      `The agent does not bundle: ${error instanceof Error ? error.message : String(error)}`,
      'Mend the source named above.',
    ),
  );
  const files = result.outputFiles.map((file) => placed(file.path.slice(1), file.contents));
  return [marker, ...files.toSorted((a, b) => (a.path < b.path ? -1 : 1)), ...(await koffiEntries(join(agentFolder, '..')))];
};
