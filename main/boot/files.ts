// The virtual table of everything a booting machine may ask for, by TFTP and by HTTP. Names are looked up, never joined with a folder.
import { readFile } from 'node:fs/promises';
import { failed } from '../../agent/protocol/failure.ts';
import type { HttpAnswer } from '../http/answer.ts';
import { failureAnswer, textAnswer } from '../http/answer.ts';
import { pathPattern } from '../http/routes.ts';
import type { Route } from '../http/routes.ts';
import type { TftpFile } from '../tftp/source.ts';
import { grubDispatcher, padConfig } from './grub-config.ts';
import { createHandOut } from './hand-out.ts';
import type { HandOut, HandOutOptions, HandOuts } from './hand-out.ts';
import { kitFile, kitFilePath } from './kit.ts';
import type { BootKit, KitFile, ServedRole } from './kit.ts';
import { bootPaths, macOfGrubConfig, normaliseBootPath, normaliseMac } from './paths.ts';
import { grubConfig, ipxeScript } from './scripts.ts';
import type { StationPlace } from './situation.ts';

export interface BootFilesOptions extends Omit<HandOutOptions, 'stage2Sha256'> {
  readonly kit: BootKit;
  readonly station: StationPlace;
  /** Files of installers, by TFTP. */
  readonly installerFile: (path: string) => Promise<TftpFile | null>;
  readonly onEvent: (event: BootFilesEvent) => void;
}

/** A machine got its final script. The files themselves are told by the TFTP and HTTP events (fetches.ts). */
export interface BootFilesEvent {
  readonly kind: 'handed-out';
  readonly mac: string;
  readonly what: HandOut['kind'];
  readonly via: 'ipxe' | 'grub' | 'http-boot';
}

export interface BootFiles {
  /** For `startTftp`. */
  readonly resolve: (path: string) => Promise<TftpFile | null>;
  /** A new boot of this machine has begun: a local boot that was handed out is not repeated any more. */
  readonly forget: HandOuts['forget'];
  /** For `startHttp`: everything below `/boot/`. */
  readonly routes: readonly Route[];
}

/** Small enough to keep, and asked for in small blocks by every machine. */
const inMemory: readonly ServedRole[] = ['shim', 'grub', 'mokmanager', 'ipxe-bios'];
/** shim looks beside itself for its next stage; firmware that hides the folder makes it look in the root. */
const rootNames: readonly ServedRole[] = ['grub', 'mokmanager'];
const byTftp: readonly ServedRole[] = [...inMemory, 'kernel', 'stage1'];
const byHttp: readonly ServedRole[] = [...byTftp, 'stage2'];

export const bootFiles = (options: BootFilesOptions): BootFiles => {
  const { kit, station, onEvent } = options;
  const { handOut, forget } = createHandOut({ ...options, stage2Sha256: need(kit, 'stage2').sha256 });
  const loaded = new Map<string, Promise<Buffer>>();

  const tell = async (mac: string, via: BootFilesEvent['via']): Promise<HandOut> => {
    // Inside http-boot.img GRUB has no network: nothing that is not in the image can be loaded.
    const handed = await handOut(mac, via !== 'http-boot');
    onEvent({ kind: 'handed-out', mac, what: handed.kind, via });
    return handed;
  };

  const tftpTable = new Map<string, ServedRole>(byTftp.map((role) => [need(kit, role).path, role]));
  for (const role of rootNames) tftpTable.set(need(kit, role).path.split('/').at(-1) ?? '', role);

  const resolve = async (asked: string): Promise<TftpFile | null> => {
    const path = normaliseBootPath(asked);
    if (path === 'grub/grub.cfg') return { kind: 'bytes', bytes: Buffer.from(grubDispatcher()) };
    // A vendor's GRUB looks for its configuration where its vendor had it.
    if (path.endsWith('/grub.cfg') && macOfGrubConfig(path) === null) return { kind: 'bytes', bytes: Buffer.from(grubDispatcher()) };
    const mac = macOfGrubConfig(path);
    if (mac !== null) {
      const text = grubConfig(await tell(mac, 'grub'), { kind: 'tftp', address: station.address });
      return { kind: 'bytes', bytes: Buffer.from(text) };
    }
    const role = tftpTable.get(path);
    if (role === undefined) return options.installerFile(path);
    const file = need(kit, role);
    if (!inMemory.includes(role)) return { kind: 'file', path: kitFilePath(kit, file), sizeBytes: file.sizeBytes };
    return { kind: 'bytes', bytes: await load(file) };
  };

  const load = (file: KitFile): Promise<Buffer> => {
    const held = loaded.get(file.path);
    if (held) return held;
    const fresh = readFile(kitFilePath(kit, file));
    loaded.set(file.path, fresh);
    // A kit that is just being rebuilt: the next machine tries again.
    fresh.catch(() => loaded.delete(file.path));
    return fresh;
  };

  const httpBoot = async (method: string, mac: string): Promise<HttpAnswer> => {
    const file = need(kit, 'http-boot');
    const image = {
      kind: 'file',
      path: kitFilePath(kit, file),
      sizeBytes: file.sizeBytes,
      contentType: 'application/vnd.efi-img',
    } as const;
    // Firmware asks for the size first; that must use up neither token nor local boot.
    if (method === 'HEAD') return image;
    const config = padConfig(grubConfig(await tell(mac, 'http-boot'), { kind: 'root' }), kit.httpBoot.configSizeBytes);
    if (!config.ok) return failureAnswer(500, config.failure);
    return { ...image, overlay: { offset: kit.httpBoot.configOffset, bytes: config.value } };
  };

  const forMachine = (pattern: string, answer: (method: string, mac: string) => Promise<HttpAnswer>): Route => ({
    method: 'GET',
    match: pathPattern(pattern),
    handle: (request, parts) => {
      const mac = normaliseMac(parts['mac'] ?? '');
      return mac === null ? notAMac : answer(request.method, mac);
    },
  });

  return {
    resolve,
    forget,
    routes: [
      forMachine('/boot/ipxe/:mac', async (method, mac) =>
        textAnswer(method === 'HEAD' ? '' : ipxeScript(await tell(mac, 'ipxe'), station, { kind: 'bios' })),
      ),
      forMachine('/boot/ipxe-uefi/:mac', async (method, mac) => {
        if (method === 'HEAD') return textAnswer('');
        // Asked first: handing the installer out uses it up.
        const { installerShim } = await options.situationFor(mac);
        return textAnswer(ipxeScript(await tell(mac, 'ipxe'), station, { kind: 'uefi', shim: installerShim ?? bootPaths.shim }));
      }),
      forMachine('/boot/http/:mac/http-boot.img', httpBoot),
      ...byHttp.map((role) => fileRoute(kit, need(kit, role))),
    ],
  };
};

const fileRoute = (kit: BootKit, file: KitFile): Route => ({
  method: 'GET',
  match: pathPattern(`/boot/${file.path}`),
  handle: () => ({ kind: 'file', path: kitFilePath(kit, file), sizeBytes: file.sizeBytes, etag: file.sha256 }),
});

const notAMac = failureAnswer(
  404,
  failed('boot.bad-mac', 'The address names no machine: a MAC address is expected.', 'Check the URL that DHCP handed out.').failure,
);

/** `loadBootKit` has made sure of every served role. */
const need = (kit: BootKit, role: ServedRole): KitFile => {
  const file = kitFile(kit, role);
  if (!file) throw new Error(`the boot kit has no ${role}`);
  return file;
};
