// Bundles the agent and its worker into single files, as the target runs them: Node and nothing else.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { build } from 'esbuild';

import type { Entry } from './cpio.ts';
import { stopBuild } from './run.ts';

/** Source below agent/, and the name its bundle has in /opt/rackside. */
const ENTRIES = [
  { source: 'index.ts', name: 'agent' },
  { source: 'disk/chunk-worker.ts', name: 'agent-worker' },
] as const;

const exists = async (file: string): Promise<boolean> => (await stat(file).catch(() => undefined)) !== undefined;

const placed = (name: string, data: Uint8Array): Entry => ({ kind: 'file', path: `opt/rackside/${name}`, data, executable: false });

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
  return [marker, ...files.toSorted((a, b) => (a.path < b.path ? -1 : 1))];
};
