// A process of its own for the figure `index-open`: opens a library and one image of it, and prints how long that took and how much
// memory the process ever had.
import { readFileSync } from 'node:fs';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import { openLibrary } from '../../main/library/library.ts';

const [folder = '', osoid = '', publicKey = ''] = process.argv.slice(2);
const trusted = trustedKeysOf([Buffer.from(publicKey, 'hex')]);
const startedAt = performance.now();
const library = await openLibrary({ folder, create: false, readOnly: true, trustedKeys: () => trusted, signingKey: generateSigningKey() });
if (!library.ok) throw new Error(library.failure.message);
const files = await library.value.manifest(osoid);
if (!files.ok) throw new Error(files.failure.message);
const seconds = (performance.now() - startedAt) / 1000;
const { chunkCount } = await library.value.state();
const peakKib = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
const cpu = process.cpuUsage();
process.stdout.write(`${JSON.stringify({ seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6, chunkCount, peakBytes: peakKib * 1024 })}\n`);
await library.value.close();
