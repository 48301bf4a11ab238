// The wire of the scene: the real wire log, told what these machines would have sent.
import { createWireLog } from '../../main/wire-log/wire-log.ts';
import { MINUTE_MS } from './scene-parts.ts';
import type { BootClient } from '../../main/dhcp/boot-client.ts';
import type { WireLog } from '../../main/wire-log/wire-log.ts';
import type { MachineView } from '../../preload/contract/views.ts';

const macOf = (port: number): string => `3c:ec:ef:10:20:${port.toString(16).padStart(2, '0')}`;
const STRANGER = '00:1b:21:aa:00:01';

export const wireOf = (nowMs: number, machines: () => readonly MachineView[]): WireLog => {
  let clock: number | null = null;
  const log = createWireLog({
    now: () => clock ?? Date.now(),
    machines,
    situation: () => ({ listens: true, mode: 'server', problem: null }),
  });
  const { onHello } = log.alsoHello({ onHello: (_session: { readonly bootMac: string }) => undefined });

  /** The first `steps` of a boot that began `agoMs` ago, its first answered request after `unanswered` others. */
  const boot = (mac: string, agoMs: number, steps: number): void => {
    const address = `10.77.0.${100 + Number.parseInt(mac.slice(-2), 16)}`;
    const client: BootClient = { mac, architecture: 7, firmware: 'uefi', vendorClass: 'PXEClient', userClass: null, uuid: null, address };
    const from = { address, port: 1 };
    const file = (path: string, bytes: number, durationMs: number) => {
      log.onHttp({
        kind: 'answered',
        client: from,
        method: 'GET',
        path: `/boot/${path}`,
        status: 200,
        bytes,
        durationMs,
        complete: true,
        userAgent: null,
      });
    };
    const heard = { kind: 'heard', message: 'discover', client, hostname: null, relay: { address: null, information: null } } as const;
    const told: readonly (readonly [afterMs: number, () => void])[] = [
      [0, () => log.onDhcp({ ...heard, answered: true, silence: null })],
      [20, () => log.onDhcp({ kind: 'offered', client, address, expiresAtMs: 0 })],
      [180, () => log.onDhcp({ kind: 'bound', client, address, expiresAtMs: 0 })],
      [181, () => log.onDhcp({ kind: 'boot-answered', client, bootFile: 'efi/shimx64.efi' })],
      [1900, () => file('efi/shimx64.efi', 950_000, 420)],
      [2100, () => log.onHandOut({ kind: 'handed-out', mac, what: 'agent', via: 'grub' })],
      [5400, () => file('vmlinuz', 8_200_000, 900)],
      [8800, () => file('stage1.img', 31_000_000, 2900)],
      [16_000, () => file('stage2.squashfs', 96_000_000, 6200)],
      [19_800, () => onHello({ bootMac: mac })],
    ];
    for (const [afterMs, tell] of told.slice(0, steps)) {
      clock = nowMs - agoMs + afterMs;
      tell();
    }
    clock = null;
  };

  boot(macOf(7), 4 * MINUTE_MS, 10);
  boot(macOf(8), 4 * MINUTE_MS, 10);
  boot(macOf(12), 2000, 5);
  boot(STRANGER, 6 * MINUTE_MS, 2);
  boot(macOf(6), 4 * MINUTE_MS, 8);
  return log;
};
