// Child of the library figures: node library-deploy.ts FOLDER OSOID DISK deploys an image onto a disk that is a file, by the agent's own
// deploy and straight from the library, and prints how many bytes it fetched.
import { readFile, stat } from 'node:fs/promises';
import { deploy } from '../../agent/deploy.ts';
import { fileDevice } from '../../agent/disk/target-devices.ts';
import { noTools } from '../../agent/disk/tools.ts';
import { encodeProvenance } from '../../agent/image/provenance.ts';
import { signingKeyFromSeed, trustedKeysOf } from '../../agent/image/signature.ts';
import { success } from '../../agent/protocol/failure.ts';
import { openLibrary } from '../../main/library/library.ts';
import { createHash } from 'node:crypto';

const [folder = '', osoid = '', disk = ''] = process.argv.slice(2);
const key = signingKeyFromSeed(await readFile(`${folder}.key`));
const trusted = trustedKeysOf([key.publicKey]);
const opened = await openLibrary({ folder, create: false, readOnly: true, trustedKeys: () => trusted, signingKey: key });
if (!opened.ok) throw new Error(opened.failure.message);
const library = opened.value;
const files = await library.manifest(osoid);
if (!files.ok) throw new Error(files.failure.message);
const { manifestBytes, signatureBytes, chunkTableBytes } = files.value;
const manifestSha256 = createHash('sha256').update(manifestBytes).digest('hex');
const identity = { serial: 'BENCH', wwn: null, sizeBytes: (await stat(disk)).size };
const result = await deploy({
  order: {
    kind: 'deploy',
    jobId: 'bench',
    osoid,
    manifestSha256,
    disk: identity,
    contentHash: 'bench',
    eraseCeilingBytes: identity.sizeBytes,
    consentId: 'bench',
    grow: 'none',
    operator: 'bench',
    siteName: 'bench',
  },
  device: fileDevice(disk, identity, 512, noTools()),
  trustedKeys: trusted,
  firmware: 'bios',
  secureBoot: false,
  readContentHash: () => Promise.resolve('bench'),
  source: {
    manifest: () => Promise.resolve(success(manifestBytes)),
    signature: () => Promise.resolve(success(signatureBytes)),
    chunkTable: () => Promise.resolve(success(chunkTableBytes)),
    chunks: async (ids) => {
      const frames = await library.frames(ids);
      if (!frames.ok) return frames;
      const bytes = Uint8Array.from(frames.value.bytes);
      frames.value.release();
      return success(bytes);
    },
  },
  requestRecord: (place) => {
    const record = { osoid, manifestSha256, disk: place, stationName: 'bench', site: 'bench', atIso: new Date().toISOString() };
    return Promise.resolve(success(encodeProvenance(record, key)));
  },
  tools: noTools(),
  workers: 1,
  signal: new AbortController().signal,
  onStep: () => undefined,
  onProgress: () => undefined,
});
await library.close();
if (!result.ok) throw new Error(`${result.failure.message} ${result.failure.next}`);
process.stdout.write(`${result.value.bytesFetched}`);
