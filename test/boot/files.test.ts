// The boot files over real sockets: the same TFTP and HTTP servers as in the field, on loopback.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LocalBoot } from '../../agent/protocol/decision.ts';
import { fetchOfHttp, fetchOfTftp } from '../../main/boot/fetches.ts';
import type { BootFetch } from '../../main/boot/fetches.ts';
import { bootFiles } from '../../main/boot/files.ts';
import type { BootFiles, BootFilesEvent } from '../../main/boot/files.ts';
import { loadBootKit } from '../../main/boot/kit.ts';
import { startHttp } from '../../main/http/server.ts';
import type { RunningHttp } from '../../main/http/server.ts';
import { startTftp } from '../../main/tftp/service.ts';
import type { RunningTftp } from '../../main/tftp/service.ts';
import { openLoopback } from '../tftp/loopback.ts';
import { ack, openRawClient, read } from '../tftp/raw-client.ts';
import { sampleFiles, sampleManifest, writeSampleKit } from './sample-kit.ts';

const mac = '52:54:00:77:01:01';
let folder: string;
let http: RunningHttp;
let tftp: RunningTftp;
let files: BootFiles;
let events: BootFilesEvent[];
let fetches: BootFetch[];
let waiting: Map<string, LocalBoot>;
let tokens: number;
let listening: boolean;
let nowMs: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rackside-boot-'));
  await writeSampleKit(folder);
  const kit = await loadBootKit(folder);
  if (!kit.ok) throw new Error(kit.failure.message);
  [events, fetches, waiting, tokens, listening, nowMs] = [[], [], new Map(), 0, true, 1_000_000];
  const station = { address: '10.77.0.1', httpPort: 8067 };
  files = bootFiles({
    kit: kit.value,
    station,
    stationKey: 'K'.repeat(43),
    situationFor: (asked) => ({ listening, kitPresent: true, localBoot: waiting.get(asked) ?? null, station }),
    takeInstaller: () => null,
    installerFile: () => Promise.resolve(null),
    takeLocalBoot: (asked) => {
      const local = waiting.get(asked) ?? null;
      waiting.delete(asked);
      return local;
    },
    issueToken: (asked) => `token-${(tokens += 1)}-${asked.replaceAll(':', '')}`,
    now: () => nowMs,
    onEvent: (event) => events.push(event),
  });
  const note = (fetched: BootFetch | null): void => void (fetched && fetches.push(fetched));
  const startedHttp = await startHttp({
    address: '127.0.0.1',
    port: 0,
    routes: files.routes,
    onEvent: (event) => note(fetchOfHttp(event)),
  });
  const startedTftp = await startTftp({
    openDatagrams: openLoopback(),
    port: 0,
    resolve: files.resolve,
    onEvent: (event) => note(fetchOfTftp(event)),
  });
  if (!startedHttp.ok || !startedTftp.ok) throw new Error('not started');
  [http, tftp] = [startedHttp.value, startedTftp.value];
});

afterEach(async () => {
  // First, so that it is gone also where nothing could be started.
  await rm(folder, { recursive: true });
  await tftp.stop();
  await http.stop();
});

/** The whole file by TFTP, or the number of the error. */
const tftpGet = async (path: string): Promise<Buffer | number> => {
  const client = await openRawClient();
  const parts: Uint8Array[] = [];
  client.send(read(path), tftp.address);
  for (;;) {
    const { packet, from } = await client.next();
    if (packet.kind === 'data') {
      parts.push(packet.bytes);
      client.send(ack(packet.block), from);
    }
    if (packet.kind === 'error' || (packet.kind === 'data' && packet.bytes.length < 512)) {
      client.close();
      while (tftp.activeTransfers() > 0) await new Promise(setImmediate);
      return packet.kind === 'error' ? packet.code : Buffer.concat(parts);
    }
  }
};
const tftpText = async (path: string): Promise<string> => (await tftpGet(path)).toString();
const httpGet = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`http://127.0.0.1:${http.address.port}${path}`, init);
const httpText = async (path: string): Promise<string> => (await httpGet(path)).text();

describe('files of the kit', () => {
  test.each(['efi/shimx64.efi', 'efi/grubx64.efi', 'efi/mmx64.efi', 'bios/undionly.kpxe', 'vmlinuz', 'stage1.img'])(
    '%s by TFTP in every spelling',
    async (path) => {
      for (const spelling of [path, `/${path}`, `//${path}`, `\\${path.replaceAll('/', '\\')}`])
        expect(await tftpGet(spelling)).toEqual(sampleFiles[path]?.bytes);
    },
  );

  test.each(['vmlinuz', 'stage1.img', 'stage2.squashfs', 'efi/shimx64.efi'])('%s by HTTP, with its hash as validator', async (path) => {
    const response = await httpGet(`/boot/${path}`);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(sampleFiles[path]?.bytes);
    expect(response.headers.get('etag')).toBe(`"${sampleManifest().files.find((file) => file.path === path)?.sha256}"`);
  });

  test('shim finds its next stage in the root, too', async () => {
    expect(await tftpGet('/grubx64.efi')).toEqual(sampleFiles['efi/grubx64.efi']?.bytes);
  });

  test.each([
    'efi/revocations_sku.efi',
    'efi/revocations_sbat.efi',
    'efi/shim_certificate_0.efi',
    '/grub/x86_64-efi/command.lst',
    'stage2.squashfs',
    'kit.json',
    'usb.img',
    '../kit.json',
    '/',
  ])('nothing by TFTP at %j', async (path) => expect(await tftpGet(path)).toBe(1));

  test.each([
    '/boot/kit.json',
    '/boot/usb.img',
    '/boot/../kit.json',
    '/boot/',
    '/boot/ipxe/nonsense',
    '/boot/http/x/http-boot.img',
    '/boot/http-boot.img',
  ])('nothing by HTTP at %s', async (path) => {
    const response = await httpGet(path);
    expect(response.status).toBe(404);
  });
});

describe('scripts', () => {
  test('GRUB: the dispatcher, then the machine’s own with a fresh token', async () => {
    expect(await tftpText('/grub/grub.cfg')).toContain('configfile (tftp,');
    expect(tokens).toBe(0);
    const text = await tftpText(`/grub/m-${mac}.cfg`);
    expect(text).toContain("linux (tftp,10.77.0.1)/vmlinuz 'rackside.station=http://10.77.0.1:8067' 'rackside.token=token-1-525400770101'");
    expect(text).toContain(`'rackside.stage2=${sampleManifest().files.find((file) => file.role === 'stage2')?.sha256}'`);
    expect(events).toEqual([{ kind: 'handed-out', mac, what: 'agent', via: 'grub' }]);
  });

  test('iPXE', async () => {
    expect(await httpText(`/boot/ipxe/${mac.toUpperCase()}`)).toContain(
      'kernel http://10.77.0.1:8067/boot/vmlinuz initrd=stage1.img rackside.station=',
    );
    expect(events).toEqual([{ kind: 'handed-out', mac, what: 'agent', via: 'ipxe' }]);
  });

  test('the HTTP boot image carries the machine’s grub.cfg at its place; asking for its size spends nothing', async () => {
    const path = `/boot/http/${mac}/http-boot.img`;
    const head = await httpGet(path, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), head.headers.get('content-type')]).toEqual([
      200,
      '50000',
      'application/vnd.efi-img',
    ]);
    expect([tokens, events]).toEqual([0, []]);
    const image = Buffer.from(await (await httpGet(path)).arrayBuffer());
    const { configOffset, configSizeBytes } = sampleManifest().httpBoot;
    const config = image.subarray(configOffset, configOffset + configSizeBytes).toString();
    expect(config).toContain("linux ($root)/vmlinuz 'rackside.station=http://10.77.0.1:8067' 'rackside.token=token-1-");
    expect(config).toMatch(/reboot\n+$/);
    const around = Buffer.concat([image.subarray(0, configOffset), image.subarray(configOffset + configSizeBytes)]);
    expect(around.equals(Buffer.alloc(50_000 - configSizeBytes, 'h'))).toBe(true);
  });
});

describe('local boot, once', () => {
  const uefi: LocalBoot = { kind: 'uefi', espUuid: '1A2B-3C4D', loaderPath: '/EFI/debian/shimx64.efi' };

  test('GRUB: the script uses it up, repeats within a minute get the same, then it is the agent again', async () => {
    waiting.set(mac, uefi);
    await tftpText('/grub/grub.cfg');
    await tftpGet('efi/shimx64.efi');
    expect(waiting.size).toBe(1);
    for (const laterMs of [0, 30_000, 29_999]) {
      nowMs += laterMs;
      expect(await tftpText(`/grub/m-${mac}.cfg`)).toContain("--fs-uuid --set=root '1A2B-3C4D'");
    }
    expect(waiting.size).toBe(0);
    nowMs += 1;
    expect(await tftpText(`/grub/m-${mac}.cfg`)).toContain('rackside.token=');
    expect(events.map((event) => event.what)).toEqual(['local', 'local', 'local', 'agent']);
  });

  test('a new boot of the machine ends the repeating', async () => {
    waiting.set(mac, uefi);
    expect(await tftpText(`/grub/m-${mac}.cfg`)).toContain('chainloader');
    files.forget(mac);
    expect(await tftpText(`/grub/m-${mac}.cfg`)).toContain('rackside.token=');
  });

  test('iPXE', async () => {
    waiting.set(mac, { kind: 'bios' });
    const head = await httpGet(`/boot/ipxe/${mac}`, { method: 'HEAD' });
    expect([head.status, waiting.size]).toEqual([200, 1]);
    expect(await httpText(`/boot/ipxe/${mac}`)).toContain('sanboot --no-describe --drive 0x80 || exit');
    nowMs += 60_000;
    expect(await httpText(`/boot/ipxe/${mac}`)).toContain('kernel http://');
  });

  test('iPXE on UEFI', async () => {
    waiting.set(mac, uefi);
    expect(await httpText(`/boot/ipxe-uefi/${mac}`)).toMatch(/chain tftp:\/\/\S+\/efi\/grubx64\.efi \|\|\n[^]*exit 1\n$/);
    // GRUB asks for its own a moment later, and is told the same.
    expect(await tftpText(`/grub/m-${mac}.cfg`)).toContain("--fs-uuid --set=root '1A2B-3C4D'");
    nowMs += 60_000;
    expect(await httpText(`/boot/ipxe-uefi/${mac}`)).toContain('kernel http://');
  });

  test('HTTP boot', async () => {
    waiting.set(mac, uefi);
    await httpGet(`/boot/http/${mac}/http-boot.img`, { method: 'HEAD' });
    expect(waiting.size).toBe(1);
    expect(await httpText(`/boot/http/${mac}/http-boot.img`)).toContain("--fs-uuid --set=root '1A2B-3C4D'");
    expect(waiting.size).toBe(0);
  });

  test('of one machine, not of another', async () => {
    waiting.set(mac, uefi);
    expect(await tftpText('/grub/m-52:54:00:77:01:02.cfg')).toContain('rackside.token=');
    expect(waiting.size).toBe(1);
  });
});

test('answering was switched off meanwhile: back to the own disk, no token', async () => {
  listening = false;
  expect(await tftpText(`/grub/m-${mac}.cfg`)).toContain('for place in (*,gpt*) (*,msdos*); do');
  expect(await httpText(`/boot/ipxe/${mac}`)).toContain('sanboot');
  expect(tokens).toBe(0);
});

test('the timeline: who fetched which step by which way', async () => {
  // A client has all of its file before the server tells of it: the next one waits, as a machine's next step does by itself.
  let told = 0;
  const tells = async (fetched: Promise<unknown>): Promise<void> => {
    await fetched;
    told += 1;
    await expect.poll(() => fetches.length).toBe(told);
  };
  await tells(tftpGet('efi/shimx64.efi'));
  await tftpGet('efi/revocations_sku.efi');
  for (const path of ['grub/grub.cfg', `grub/m-${mac}.cfg`, 'vmlinuz', 'stage1.img']) await tells(tftpGet(path));
  await tells(httpText('/boot/stage2.squashfs'));
  await tells(httpText(`/boot/ipxe/${mac}`));
  await tells(httpText(`/boot/ipxe-uefi/${mac}`));
  await httpGet('/boot/vmlinuz', { method: 'HEAD' });
  expect(fetches.map(({ step, via, mac: whose, complete, address }) => [step, via, whose, complete, address])).toEqual([
    ['loader', 'tftp', null, true, '127.0.0.1'],
    ['script', 'tftp', null, true, '127.0.0.1'],
    ['script', 'tftp', mac, true, '127.0.0.1'],
    ['kernel', 'tftp', null, true, '127.0.0.1'],
    ['stage1', 'tftp', null, true, '127.0.0.1'],
    ['stage2', 'http', null, true, '127.0.0.1'],
    ['script', 'http', mac, true, '127.0.0.1'],
    ['script', 'http', mac, true, '127.0.0.1'],
  ]);
  expect(fetches[3]).toMatchObject({ bytes: 20_000, path: 'vmlinuz' });
});
