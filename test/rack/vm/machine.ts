// One QEMU machine of the VM lab: real firmware, a NIC on a tap of the lab's bridge, disks as files, its serial console as text.
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { Namespace } from '../../wire/netns.ts';
import type { Program } from '../../wire/program.ts';
import { MACHINE, processors, UEFI_CODE } from './accelerator.ts';

/** `uefi-ipxe`: UEFI firmware with iPXE in its network card's ROM, as QEMU has it unless told otherwise. */
export type VmFirmware = 'bios' | 'uefi' | 'uefi-ipxe' | 'secureboot' | 'http';

export type VmDisk = {
  readonly path: string;
  readonly serial: string;
  /** How it is attached; virtio by default. */
  readonly bus?: 'virtio' | 'nvme' | 'sata' | 'usb';
};

export type VmOptions = {
  readonly namespace: Namespace;
  /** Bridge in the namespace; the machine gets a tap of its own on it. */
  readonly bridge: string;
  /** Number of the machine: tap name, MAC and UUID follow from it. */
  readonly number: number;
  readonly firmware: VmFirmware;
  readonly disks: readonly VmDisk[];
  /** For sockets and firmware variables. */
  readonly folder: string;
  readonly memoryMb?: number;
  /** False: the network card has no boot entry (a machine that boots from a stick). */
  readonly networkBoot?: boolean;
  /** KVM where it was probed to work, else software emulation. */
  readonly accelerator: string;
};

export type Vm = {
  readonly mac: string;
  readonly console: Program;
  /** The console's text from now on: a later `line` ignores what came before. */
  mark(): void;
  /** Waits for a line of console text after the last mark. */
  line(pattern: RegExp, timeoutMs: number): Promise<string>;
  /** What `work` ends with, or a rejection as soon as the machine itself has ended. */
  whileRunning<T>(work: Promise<T>): Promise<T>;
  reset(): Promise<void>;
  /** Presses keys of its own keyboard, one after the other, by QEMU's names of them (`a`, `ret`, `minus`, `shift-a`). */
  press(keys: readonly string[]): Promise<void>;
  /** What its video console shows, as a PNG file. */
  screenshot(path: string): Promise<void>;
  /** From now on it stands still where it would restart: its disks are as the one who asked for that left them. */
  holdAtRestart(): Promise<void>;
  /** Waits until it stands still. */
  held(timeoutMs: number): Promise<void>;
  /** Lets it restart after all, now and from now on. */
  release(): Promise<void>;
  /** At once, as a power cut. */
  powerOff(): Promise<void>;
};

const two = (value: number): string => value.toString(16).padStart(2, '0');

/** PXE before HTTP would be tried first; these switch OVMF's other network entries off (ovmf package, NetworkPkg). */
const HTTP_ONLY = ['IPv4PXESupport', 'IPv6PXESupport', 'IPv6Support'].flatMap((name) => [
  '-fw_cfg',
  `name=opt/org.tianocore/${name},string=n`,
]);
/** IPv6 costs a minute of waiting for routers that the lab does not have. */
const NO_IPV6 = ['IPv6PXESupport', 'IPv6Support'].flatMap((name) => ['-fw_cfg', `name=opt/org.tianocore/${name},string=n`]);

const firmwareArguments = (options: VmOptions): readonly string[] => {
  if (options.firmware === 'bios') return [];
  const variables = join(options.folder, `vars-${options.number}.fd`);
  const isSecure = options.firmware === 'secureboot' || options.firmware === 'http';
  copyFileSync(isSecure ? '/usr/share/OVMF/OVMF_VARS_4M.ms.fd' : '/usr/share/OVMF/OVMF_VARS_4M.fd', variables);
  return [
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${UEFI_CODE}`],
    ...['-drive', `if=pflash,unit=1,format=raw,file=${variables}`],
    ...(options.firmware === 'http' ? HTTP_ONLY : NO_IPV6),
  ];
};

const diskArguments = (disk: VmDisk, index: number, bootIndex: number): readonly string[] => {
  const drive = ['-drive', `if=none,id=d${index},format=raw,discard=unmap,file=${disk.path}`];
  const boot = `bootindex=${bootIndex}`;
  switch (disk.bus ?? 'virtio') {
    case 'virtio':
      return [...drive, '-device', `virtio-blk-pci,drive=d${index},serial=${disk.serial},${boot}`];
    case 'nvme':
      return [...drive, '-device', `nvme,drive=d${index},serial=${disk.serial},${boot}`];
    case 'sata':
      return [...drive, '-device', `ide-hd,drive=d${index},serial=${disk.serial},bus=ide.${index},${boot}`];
    case 'usb':
      return [
        ...drive,
        '-device',
        'qemu-xhci,id=xhci',
        '-device',
        `usb-storage,drive=d${index},serial=${disk.serial},removable=on,${boot}`,
      ];
  }
};

/** Starts the machine. Its tap lives in the lab's namespace and goes with it. */
export const startVm = (options: VmOptions): Vm => {
  const { namespace, number } = options;
  const tap = `tap${number}`;
  const mac = `52:54:00:77:01:${two(number)}`;
  const monitor = join(options.folder, `monitor-${number}.sock`);
  // One of an earlier start of this machine has nobody behind it.
  rmSync(monitor, { force: true });
  if (!namespace.ip('-o link').includes(` ${tap}:`)) {
    namespace.ip(`tuntap add dev ${tap} mode tap`);
    namespace.ip(`link set ${tap} master ${options.bridge}`);
    namespace.ip(`link set ${tap} up`);
  }
  // OVMF's own network stack is what is tested, so its card carries no ROM; SeaBIOS needs QEMU's iPXE ROM.
  const rom = options.firmware === 'bios' || options.firmware === 'uefi-ipxe' ? '' : ',romfile=';
  const networkIndex = options.networkBoot === false ? '' : ',bootindex=1';
  const console = namespace.start([
    'qemu-system-x86_64',
    ...['-accel', options.accelerator, ...MACHINE, ...processors(options.accelerator), '-m', String(options.memoryMb ?? 1024)],
    ...['-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-qmp', `unix:${monitor},server=on,wait=off`],
    ...['-netdev', `tap,id=n0,ifname=${tap},script=no,downscript=no`],
    ...['-device', `virtio-net-pci,netdev=n0,mac=${mac}${networkIndex}${rom}`],
    ...options.disks.flatMap((disk, index) => diskArguments(disk, index, index + 2)),
    ...['-device', 'virtio-rng-pci'],
    ...['-uuid', `52414b53-4944-4500-9000-0000000000${two(number)}`],
    ...['-smbios', `type=1,manufacturer=Rackside Lab,product=Virtual Server,serial=LAB${String(number).padStart(5, '0')}`],
    ...firmwareArguments(options),
  ]);
  let markedAt = 0;
  return {
    mac,
    console,
    mark: () => {
      markedAt = console.output().length;
    },
    whileRunning: (work) =>
      Promise.race([
        work,
        console.ended.then(({ code, stderr }) => {
          throw new Error(`the machine ended by itself (QEMU's exit code ${code}): ${stderr.trim().split('\n').slice(-3).join(' ')}`);
        }),
      ]),
    line: (pattern, timeoutMs) => waitForText(console, () => console.output().slice(markedAt), pattern, timeoutMs),
    reset: async () => void (await command(monitor, 'system_reset')),
    press: async (keys) => {
      for (const key of keys) {
        const parts = key.split('-').map((data) => ({ type: 'qcode', data }));
        await command(monitor, 'send-key', { keys: parts, 'hold-time': 50 });
        // A guest that is emulated takes them one by one.
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    },
    screenshot: async (path) => void (await command(monitor, 'screendump', { filename: path, format: 'png' })),
    holdAtRestart: async () => {
      // The socket is there a moment after the program.
      for (let tries = 0; !existsSync(monitor) && tries < 100; tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
      await command(monitor, 'set-action', { reboot: 'shutdown', shutdown: 'pause' });
    },
    held: async (timeoutMs) => {
      const endsAtMs = Date.now() + timeoutMs;
      while (!/"status": "(shutdown|paused)"/.test(await command(monitor, 'query-status'))) {
        if (Date.now() > endsAtMs) throw new Error(`${timeoutMs} ms passed and the machine did not restart`);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    },
    release: async () => {
      await command(monitor, 'set-action', { reboot: 'reset', shutdown: 'poweroff' });
      await command(monitor, 'system_reset');
      await command(monitor, 'cont');
    },
    powerOff: async () => {
      await console.stop('SIGKILL');
    },
  };
};

/** Firmware and loaders print without line ends, so the whole text is searched. */
const waitForText = async (program: Program, text: () => string, pattern: RegExp, timeoutMs: number): Promise<string> => {
  const endsAtMs = Date.now() + timeoutMs;
  let over = false;
  void program.ended.then(() => (over = true));
  while (Date.now() < endsAtMs) {
    const found = pattern.exec(plain(text()))?.[0];
    if (found !== undefined) return found;
    const panic = /Kernel panic - not syncing[^\n]*/.exec(plain(text()))?.[0];
    if (panic !== undefined) throw new Error(`${panic}; its console:\n${plain(text()).slice(-6000)}`);
    if (over) throw new Error(`the machine ended while waiting for ${pattern}; its console:\n${plain(text()).slice(-3000)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${timeoutMs} ms passed without ${pattern}; the console says:\n${plain(text()).slice(-3000)}`);
};

/** Console text without the control codes that firmware and loaders paint with. */
// oxlint-disable-next-line no-control-regex
export const plain = (text: string): string => text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '');

/** One QMP command (QEMU Machine Protocol); resolves with its answer. */
const command = (socketPath: string, execute: string, args: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    let text = '';
    socket.on('error', reject);
    socket.on('data', (data) => {
      text += data.toString('utf8');
      const answers = text.split('\n').filter((line) => /"(return|error)":/.test(line));
      if (answers.length < 2) return;
      socket.end();
      const answer = answers[1] ?? '';
      if (answer.includes('"error":')) reject(new Error(`QEMU refuses ${execute}: ${answer}`));
      else resolve(answer);
    });
    socket.write(`${JSON.stringify({ execute: 'qmp_capabilities' })}\n${JSON.stringify({ execute, arguments: args })}\n`);
  });
