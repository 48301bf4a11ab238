// What firmware and boot loaders do between DHCP and our kernel, as far as the wire can tell: shim and GRUB by TFTP, an iPXE
// script by HTTP, or a FAT image by HTTP. Ends with the kernel's command line, or with "start the local disk".
import { createHash } from 'node:crypto';
import { askDhcp } from './dhcp-client.ts';
import type { FirmwareKind } from './dhcp-client.ts';
import { readTftp } from './tftp-client.ts';

export type Wire = {
  readonly dhcp: { readonly address: string; readonly port: number };
  readonly tftp: { readonly address: string; readonly port: number };
};

export type BootTarget = { readonly mac: string; readonly uuid: string; readonly kind: FirmwareKind };

export type Booted =
  | { readonly kind: 'kernel'; readonly commandLine: string; readonly stage2Sha256: string }
  /** Somebody else's kernel: a vendor's installer. */
  | { readonly kind: 'installer'; readonly commandLine: string; readonly by: 'shim' | 'grub' | 'ipxe' }
  | { readonly kind: 'local'; readonly by: string };

const get = async (url: string, signal: AbortSignal): Promise<Buffer> => {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`HTTP ${response.status} for ${url}`);
  return Buffer.from(await response.arrayBuffer());
};

const needed = async (file: string, wire: Wire, signal: AbortSignal): Promise<Buffer> => {
  const bytes = await readTftp(file, wire.tftp, signal);
  if (bytes === null) throw new Error(`TFTP: ${file} not found`);
  return bytes;
};

/** GRUB's `(tftp,ADDRESS)/path`. */
const tftpPath = (word: string): string => word.replace(/^\(tftp,[^)]*\)/, '');

const isOurs = (commandLine: string): boolean => commandLine.includes('rackside.station=');

const runGrubConfig = async (
  config: string,
  wire: Wire,
  signal: AbortSignal,
  load: boolean,
  by: 'shim' | 'grub' = 'grub',
): Promise<Booted> => {
  if (/^\s*(?:if )?chainloader\s/m.test(config))
    return { kind: 'local', by: /search .*--set=root\s+'?([^\s';]+)/.exec(config)?.[1] ?? 'chainloader' };
  const linux = /^\s*(?:if )?linux\s+(\S+)\s+(.*?)(?:;\s*then)?$/m.exec(config);
  const initrd = /^\s*(?:if )?initrd\s+([^\s;]+)/m.exec(config);
  if (linux?.[1] === undefined || linux[2] === undefined || initrd?.[1] === undefined)
    throw new Error('grub.cfg has neither kernel nor chainloader');
  if (load) {
    await needed(tftpPath(linux[1]), wire, signal);
    await needed(tftpPath(initrd[1]), wire, signal);
  }
  const commandLine = linux[2].replaceAll("'", '');
  return isOurs(commandLine) ? stage1(commandLine, signal) : { kind: 'installer', commandLine, by };
};

/** Stage 1 fetches stage 2 and checks it against the command line, as the real one does inside Linux. */
const stage1 = async (commandLine: string, signal: AbortSignal): Promise<Booted> => {
  const word = (name: string): string => new RegExp(`(?:^|\\s)rackside\\.${name}=(\\S+)`).exec(commandLine)?.[1] ?? '';
  const stage2 = await get(`${word('station')}/boot/stage2.squashfs`, signal);
  const sha256 = createHash('sha256').update(stage2).digest('hex');
  if (sha256 !== word('stage2')) throw new Error('stage 2 does not match the hash on the command line');
  return { kind: 'kernel', commandLine, stage2Sha256: sha256 };
};

const bootUefi = async (bootFile: string, machine: BootTarget, wire: Wire, signal: AbortSignal): Promise<Booted> => {
  await needed(bootFile, wire, signal);
  const folder = bootFile.replace(/[^/]*$/, '');
  // Shim asks for these beside itself before GRUB; GRUB for its lists before its configuration. None of them has to exist.
  for (const probe of ['revocations_sku.efi', 'revocations_sbat.efi', 'shim_certificate_0.efi'])
    await readTftp(`${folder}${probe}`, wire.tftp, signal);
  await needed(`${folder}grubx64.efi`, wire, signal);
  for (const list of ['command.lst', 'fs.lst', 'crypto.lst', 'terminal.lst']) await readTftp(`/grub/x86_64-efi/${list}`, wire.tftp, signal);
  const dispatcher = (await needed('/grub/grub.cfg', wire, signal)).toString('utf8');
  const next = /configfile\s+(\S+)/.exec(dispatcher)?.[1];
  if (next === undefined) throw new Error('grub.cfg names no configfile');
  const config = (
    await needed(
      tftpPath(next)
        .replaceAll('$net_default_mac', machine.mac)
        .replace(/\$\{net_default_mac\}/g, machine.mac),
      wire,
      signal,
    )
  ).toString('utf8');
  return runGrubConfig(config, wire, signal, true, bootFile.startsWith('efi/') ? 'grub' : 'shim');
};

const bootIpxe = async (url: string, signal: AbortSignal): Promise<Booted> => {
  const script = (await get(url, signal)).toString('utf8');
  if (!script.startsWith('#!ipxe')) throw new Error('no iPXE script');
  if (/^\s*sanboot\b/m.test(script)) return { kind: 'local', by: 'sanboot' };
  const kernel = /^\s*kernel\s+(?:--\S+\s+\S+\s+)*(\S+)\s+(.*?)(?:\s*\|\|.*)?$/m.exec(script);
  const initrd = /^\s*initrd\s+(?:--\S+\s+\S+\s+)*(\S+)/m.exec(script);
  if (kernel?.[1] === undefined || kernel[2] === undefined || initrd?.[1] === undefined)
    throw new Error(`the iPXE script starts nothing:\n${script}`);
  await get(new URL(kernel[1], url).href, signal);
  await get(new URL(initrd[1], url).href, signal);
  return isOurs(kernel[2]) ? stage1(kernel[2], signal) : { kind: 'installer', commandLine: kernel[2], by: 'ipxe' };
};

const bootHttpImage = async (url: string, wire: Wire, signal: AbortSignal): Promise<Booted> => {
  const head = await fetch(url, { method: 'HEAD', signal });
  if (!head.ok) throw new Error(`HTTP ${head.status} for ${url}`);
  const image = await get(url, signal);
  if (image.length !== Number(head.headers.get('content-length'))) throw new Error('HEAD and GET disagree about the size');
  const at = image.indexOf('rackside.station=');
  const start = image.lastIndexOf(Buffer.from('\n'), image.lastIndexOf(Buffer.from('linux '), at >= 0 ? at : undefined)) + 1;
  const from = at >= 0 ? start : image.indexOf('search --');
  if (from < 0) throw new Error('the image carries no configuration for this machine');
  return runGrubConfig(image.subarray(from, from + 4096).toString('latin1'), wire, signal, false);
};

/** One network boot: DHCP to kernel. */
export const networkBoot = async (machine: BootTarget, wire: Wire, signal: AbortSignal): Promise<Booted> => {
  const dhcp = await askDhcp(machine, wire.dhcp, signal);
  switch (machine.kind) {
    case 'uefi':
      return bootUefi(dhcp.bootFile, machine, wire, signal);
    case 'bios':
      return bootIpxe(dhcp.bootFile, signal);
    case 'uefi-http':
      return bootHttpImage(dhcp.bootFile, wire, signal);
  }
};
