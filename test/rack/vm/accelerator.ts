// KVM is a bonus that must be probed: the device may be there and still run no guest. Software emulation is the baseline.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export const EMULATION = 'tcg,thread=multi';

let probed: string | null = null;

/** `kvm` only when a guest really executed: SeaBIOS must reach its debug port within the time. */
export const findAccelerator = (): string => {
  probed ??= probe();
  return probed;
};

const probe = (): string => {
  if (!existsSync('/dev/kvm')) return EMULATION;
  const result = spawnSync(
    'qemu-system-x86_64',
    [
      '-accel',
      'kvm',
      '-m',
      '64',
      '-display',
      'none',
      '-monitor',
      'none',
      '-serial',
      'none',
      '-no-reboot',
      '-chardev',
      'stdio,id=debug',
      '-device',
      'isa-debugcon,iobase=0x402,chardev=debug',
    ],
    { timeout: 4_000, encoding: 'utf8', killSignal: 'SIGKILL' },
  );
  return /No bootable device|Booting from/.test(result.stdout) ? 'kvm' : EMULATION;
};
