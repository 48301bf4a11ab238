// Runs inside a namespace: one preflight of eth0, as JSON.
//   node preflight-run.ts KIT_FOLDER LIBRARY_FOLDER MODE PROBE_MS
import { runPreflight } from '../../main/preflight/preflight.ts';

const [kitFolder = '', libraryFolder = '', mode, probeMs = '5000'] = process.argv.slice(2);
const report = await runPreflight({
  nicName: 'eth0',
  address: null,
  mode: mode === 'proxy' ? 'proxy' : 'server',
  httpPort: 8080,
  kitFolder,
  dataFolder: null,
  libraryFolder,
  serving: false,
  probeMs: Number(probeMs),
});
process.stdout.write(`${JSON.stringify(report)}\n`);
