// KVM is a bonus that must be probed: the device may be there and still run no guest, or run SeaBIOS and stop at the first
// instruction of UEFI that a nested hypervisor does not know. Software emulation is the baseline.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export const EMULATION = 'tcg,thread=multi';
export const UEFI_CODE = '/usr/share/OVMF/OVMF_CODE_4M.fd';
/** What every machine of the lab has: the probe must ask for the same, because each feature may be the one that KVM refuses. */
export const MACHINE: readonly string[] = ['-cpu', 'max', '-machine', 'q35'];
/** Linux patches its own code while another processor runs it (jump labels); QEMU's parallel emulation now and then executes a half-patched
 * instruction, and the guest's kernel panics a second after its start. One emulated processor cannot. */
export const processors = (accelerator: string): readonly string[] => ['-smp', accelerator === 'kvm' ? '2' : '1'];

/** UEFI firmware without anything to boot says so on the serial port; 2 s where KVM works. */
const PROBE_MS = 10_000;

let probed: string | null = null;

/** `kvm` only when a guest of the lab's kind really ran its firmware to the end. */
export const findAccelerator = (): string => {
  probed ??= existsSync('/dev/kvm') && runsFirmware('kvm') ? 'kvm' : EMULATION;
  return probed;
};

const runsFirmware = (accelerator: string): boolean => {
  const result = spawnSync(
    'qemu-system-x86_64',
    [
      ...['-accel', accelerator, ...MACHINE, ...processors(accelerator), '-m', '256', '-nic', 'none'],
      ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-no-reboot'],
      ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${UEFI_CODE}`],
    ],
    { timeout: PROBE_MS, encoding: 'utf8', killSignal: 'SIGKILL' },
  );
  return /BdsDxe|UEFI Interactive Shell/.test(result.stdout);
};

/** Milliseconds to wait for what takes `count` minutes at most where KVM works; emulation on a busy computer takes a multiple. */
export const minutes = (count: number): number => count * 60_000 * (findAccelerator() === 'kvm' ? 1 : 3);
