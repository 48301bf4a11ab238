// A running agent judges the signature of what it is ordered by the keys that come with the order, not by those of its hello: here the
// station orders and serves everything, so that nobody but the agent can refuse.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runAgent } from '../../agent/agent.ts';
import { encodeProvenance } from '../../agent/image/provenance.ts';
import { generateSigningKey, trustedKeysOf } from '../../agent/image/signature.ts';
import type { SigningKey } from '../../agent/image/signature.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Inventory } from '../../agent/protocol/inventory.ts';
import type { Report } from '../../agent/protocol/messages.ts';
import { libraryRoutes } from '../../main/agents/library-routes.ts';
import { agentRoutes } from '../../main/agents/routes.ts';
import type { AgentCalls } from '../../main/agents/routes.ts';
import { startHttp } from '../../main/http/server.ts';
import type { RunningHttp } from '../../main/http/server.ts';
import { openLibrary } from '../../main/library/library.ts';
import type { ImageSummary } from '../../main/library/images.ts';
import type { Library } from '../../main/library/library.ts';
import { writeDemoImage } from '../rack/demo-image.ts';
import { makeHardware } from '../rack/hardware.ts';
import { agentEnvironment, makeDisk } from '../rack/software-target.ts';
import type { SoftwareDisk } from '../rack/software-target.ts';
import { KIT, createAgentsRig, valueOf } from './rig.ts';
import type { AgentsRig } from './rig.ts';

const MIB = 1024 * 1024;
const PATIENCE = { timeout: 60_000 };
const hardware = makeHardware('qemu', 1);
const stranger = generateSigningKey();

let folder: string;
let rig: AgentsRig;
let http: RunningHttp;
let library: Library;
let disk: SoftwareDisk;
/** Whom the station trusts now. */
let trusted: readonly SigningKey[];
let sessionId: string;
let inventory: Inventory | null;
let reports: Report[];
const power = { switch: new AbortController(), agent: Promise.resolve<unknown>(null) };

const nobodysJob = () => failed('job.unknown', 'No such job here.', 'Nothing.');
const calls: AgentCalls = {
  onHello: (session) => void (sessionId = session.id),
  onBack: () => undefined,
  onContact: () => undefined,
  onInventory: (_session, read) => {
    inventory = read;
    return success({ machineId: 'm1', machineName: 'web-17' });
  },
  onReport: (_session, report) => void reports.push(report),
  onRecordWanted: (_session, request) => {
    const by = { stationName: 'bench', site: 'Site A', atIso: '2026-11-29T12:00:00.000Z' };
    return success(encodeProvenance({ ...(ordered ?? expect.fail('nothing was ordered')), disk: request.disk, ...by }, rig.signingKey));
  },
  onCaptureAsked: nobodysJob,
  onHealAsked: nobodysJob,
  onPayloadAsked: nobodysJob,
  onCaptured: () => undefined,
  onRefused: (_address, { message }) => expect.fail(message),
};
let ordered: { readonly osoid: string; readonly manifestSha256: string } | null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-withdrawn-'));
  rig = createAgentsRig({
    trustedKeys: () => trusted.map(({ keyId, publicKey }) => ({ keyId, publicKey: Buffer.from(publicKey).toString('base64url') })),
  });
  [trusted, inventory, reports, ordered] = [[rig.signingKey, stranger], null, [], null];
  const trustedKeys = () => trustedKeysOf([stranger.publicKey]);
  library = valueOf(await openLibrary({ folder: join(folder, 'library'), trustedKeys, signingKey: stranger, workers: 1 }));
  const open = { acceptsSignature: () => true, onLibrary: () => undefined };
  http = valueOf(
    await startHttp({
      address: '127.0.0.1',
      port: 0,
      routes: [...agentRoutes(rig.agents, calls), ...libraryRoutes(rig.agents, calls, () => library, open)],
      onEvent: () => undefined,
    }),
  );
  disk = await makeDisk(join(folder, 'disk.raw'), { serial: 'FIELD', sizeBytes: 48 * MIB });
});
afterEach(async () => {
  power.switch.abort();
  await power.agent;
  await http.stop();
  await library.close();
  rig.close();
  await rm(folder, { recursive: true });
});

/** The real agent on a machine in this process; resolves when it waits for orders. */
const startAgent = async (): Promise<void> => {
  const words = {
    station: `http://127.0.0.1:${http.address.port}`,
    token: rig.agents.issueToken(hardware.bootMac),
    key: Buffer.from(rig.signingKey.publicKey).toString('base64url'),
    stage2: KIT,
    mac: hardware.bootMac,
  };
  const commandLine = Object.entries(words).map(([name, value]) => `rackside.${name}=${value}`);
  const environment = agentEnvironment({ hardware, firmware: hardware.firmware, disks: [disk] }, commandLine.join(' '));
  power.switch = new AbortController();
  power.agent = runAgent(environment, power.switch.signal);
  await expect.poll(() => inventory, PATIENCE).not.toBeNull();
};
const order = ({ osoid, manifestSha256 }: Pick<ImageSummary, 'osoid' | 'manifestSha256'>, jobId: string): void => {
  const { serial, wwn, sizeBytes, content } = inventory?.disks[0] ?? expect.fail('no disk');
  ordered = { osoid, manifestSha256 };
  rig.agents.send(sessionId, {
    kind: 'deploy',
    jobId,
    ...ordered,
    disk: { serial, wwn, sizeBytes },
    contentHash: content?.hash ?? expect.fail('the disk was not read'),
    eraseCeilingBytes: sizeBytes,
    consentId: `consent-${jobId}`,
    grow: 'none',
    operator: 'Ada',
    siteName: 'Site A',
  });
};
/** How a job ended: the code of its failure, or `finished`. */
const endOf = async (jobId: string): Promise<string> => {
  const find = (): string | undefined =>
    reports.flatMap((report) =>
      report.kind === 'failed' && report.jobId === jobId
        ? report.failure.code
        : report.kind === 'finished' && report.jobId === jobId
          ? 'finished'
          : [],
    )[0];
  await expect.poll(find, PATIENCE).toBeDefined();
  return find() ?? '';
};
const strangersImage = async () => {
  const sourcePath = join(folder, 'image.raw');
  await writeDemoImage(sourcePath, { contentBytes: 4 * MIB, seed: 1, boot: 'both' });
  return valueOf(await library.importImage({ sourcePath, name: 'theirs' }));
};

test('an image by a key that was withdrawn since hello is not written; once the key is back, it is', async () => {
  const image = await strangersImage();
  await startAgent();
  const before = await readFile(disk.path);

  trusted = [rig.signingKey];
  order(image, 'withdrawn');
  expect(await endOf('withdrawn')).toBe('image.signature');
  expect((await readFile(disk.path)).equals(before)).toBe(true);

  trusted = [rig.signingKey, stranger];
  order(image, 'back');
  expect(await endOf('back')).toBe('finished');
  expect((await readFile(disk.path)).equals(before)).toBe(false);

  trusted = [rig.signingKey];
  const written = await readFile(disk.path);
  order(image, 'withdrawn again');
  expect(await endOf('withdrawn again')).toBe('image.signature');
  expect((await readFile(disk.path)).equals(written)).toBe(true);
});
