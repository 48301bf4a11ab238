// One entry of a machine's boot timeline from what the TFTP and HTTP servers tell: who fetched which step of the chain, how fast. Pure.
import type { HttpEvent } from '../http/server.ts';
import type { TftpEvent } from '../tftp/events.ts';
import { macOfGrubConfig, normaliseBootPath, normaliseMac } from './paths.ts';

export type BootStep = 'loader' | 'script' | 'kernel' | 'stage1' | 'stage2' | 'http-image';

export interface BootFetch {
  readonly step: BootStep;
  readonly via: 'tftp' | 'http';
  readonly path: string;
  readonly address: string;
  /** Where the path names the machine; else the lease of `address` tells. */
  readonly mac: string | null;
  readonly bytes: number;
  readonly durationMs: number;
  /** False: it broke off on the way. */
  readonly complete: boolean;
}

/** Null for what is no step: size probes, refused names, strangers. */
export const fetchOfTftp = (event: TftpEvent): BootFetch | null => {
  if (event.kind !== 'finished' && event.kind !== 'timed-out' && event.kind !== 'aborted' && event.kind !== 'broken') return null;
  const path = normaliseBootPath(event.path);
  const step = stepOf(path);
  const { bytes, durationMs, client } = event;
  const complete = event.kind === 'finished' || (event.kind === 'timed-out' && event.allSent);
  return step && { step, via: 'tftp', path, address: client.address, mac: macOfGrubConfig(path), bytes, durationMs, complete };
};

export const fetchOfHttp = (event: HttpEvent): BootFetch | null => {
  if (event.kind !== 'answered' || event.method !== 'GET' || !event.path.startsWith('/boot/')) return null;
  if (event.status !== 200 && event.status !== 206) return null;
  const path = normaliseBootPath(event.path.slice('/boot/'.length));
  const step = stepOf(path);
  const { bytes, durationMs, client, complete } = event;
  const named = /^(?:ipxe(?:-uefi)?|http)\/([^/]+)/.exec(path)?.[1];
  return (
    step && {
      step,
      via: 'http',
      path,
      address: client.address,
      mac: named === undefined ? null : normaliseMac(named),
      bytes,
      durationMs,
      complete,
    }
  );
};

const stepOf = (path: string): BootStep | null => {
  if (path === 'vmlinuz') return 'kernel';
  if (path === 'stage1.img') return 'stage1';
  if (path === 'stage2.squashfs') return 'stage2';
  if (path.endsWith('/http-boot.img')) return 'http-image';
  if (path.startsWith('grub/') || /^ipxe(-uefi)?\//.test(path)) return 'script';
  return path.endsWith('.efi') || path.endsWith('.kpxe') ? 'loader' : null;
};
