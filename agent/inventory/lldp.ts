// Switch and port by LLDP (IEEE 802.1AB-2016 §8, VLAN from the 802.1 organisational TLV). Listens only: nothing is sent.
import type { LldpNeighbour } from '../protocol/inventory.ts';
import { vendorText } from '../facts/smbios/structures.ts';
import type { HardwareSource } from './source.ts';
import { MISSING_COMMAND } from './source.ts';

export type LldpFrame = Omit<LldpNeighbour, 'nic'>;

const LLDP_ETHERTYPE = 0x88cc;
const VLAN_TAGS = [0x8100, 0x88a8];
const TLV = { end: 0, chassisId: 1, portId: 2, portDescription: 4, systemName: 5, organisation: 127 } as const;
const OUI_8021 = 0x0080c2;
const PORT_VLAN_ID = 1;
/** Chassis id subtype 4 and port id subtype 3 are MAC addresses; 5 and 4 are network addresses (§8.5.2.2, §8.5.3.2). */
const SUBTYPES = { chassisId: { mac: 4, address: 5 }, portId: { mac: 3, address: 4 } } as const;

const colonHex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');

const identifier = (value: Uint8Array, subtypes: { readonly mac: number; readonly address: number }): string | null => {
  const subtype = value[0] ?? 0;
  const rest = value.subarray(1);
  if (rest.length === 0) return null;
  if (subtype === subtypes.mac && rest.length === 6) return colonHex(rest);
  if (subtype === subtypes.address && rest[0] === 1 && rest.length === 5) return [...rest.subarray(1)].join('.');
  if (subtype === subtypes.address) return colonHex(rest);
  return textOrNull(rest);
};

const textOrNull = (bytes: Uint8Array): string | null => vendorText(bytes).trim() || null;

/** The neighbour that an Ethernet frame names; null when it is no LLDP frame or lacks chassis and port id. */
export const parseLldpFrame = (frame: Uint8Array): LldpFrame | null => {
  const type = (at: number): number => ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0);
  let at = 12;
  while (VLAN_TAGS.includes(type(at))) at += 4;
  if (frame.length < at + 2 || type(at) !== LLDP_ETHERTYPE) return null;
  at += 2;
  const found: { -readonly [K in keyof LldpFrame]: LldpFrame[K] } = {
    chassisId: null,
    systemName: null,
    portId: null,
    portDescription: null,
    vlan: null,
  };
  while (at + 2 <= frame.length) {
    const header = type(at);
    const kind = header >> 9;
    const value = frame.subarray(at + 2, at + 2 + (header & 0x1ff));
    // A length that runs past the frame ends it: what came before still counts.
    if (kind === TLV.end || value.length < (header & 0x1ff)) break;
    if (kind === TLV.chassisId) found.chassisId ??= identifier(value, SUBTYPES.chassisId);
    if (kind === TLV.portId) found.portId ??= identifier(value, SUBTYPES.portId);
    if (kind === TLV.portDescription) found.portDescription ??= textOrNull(value);
    if (kind === TLV.systemName) found.systemName ??= textOrNull(value);
    if (kind === TLV.organisation && value.length >= 6) {
      const oui = ((value[0] ?? 0) << 16) | ((value[1] ?? 0) << 8) | (value[2] ?? 0);
      const vlan = ((value[4] ?? 0) << 8) | (value[5] ?? 0);
      if (oui === OUI_8021 && value[3] === PORT_VLAN_ID && vlan > 0 && vlan < 4095) found.vlan ??= vlan;
    }
    at += 2 + value.length;
  }
  return found.chassisId === null && found.portId === null ? null : found;
};

/** The frame in `tcpdump -xx` output: rows of `\t0x0010:  0180 c200 000e …`. */
export const frameFromTcpdump = (text: string): Uint8Array => {
  const bytes: number[] = [];
  for (const match of text.matchAll(/^\s+0x[0-9a-f]+:\s+((?:[0-9a-f]{2,4} ?)+)/gm)) {
    for (const pair of (match[1] ?? '').replaceAll(' ', '').match(/../g) ?? []) bytes.push(Number.parseInt(pair, 16));
    if (bytes.length > 2048) break;
  }
  return Uint8Array.from(bytes);
};

const FILTER = 'ether proto 0x88cc or (vlan and ether proto 0x88cc)';

export type LldpOptions = { readonly waitMs: number; readonly signal?: AbortSignal };

/**
 * Waits on all the given interfaces at once for one frame each. Switches send every 30 s, so a short wait often hears
 * nothing: silence is no error. Throws when no capture could be started at all.
 */
export const listenLldp = async (
  source: HardwareSource,
  nics: readonly string[],
  options: LldpOptions,
): Promise<readonly LldpNeighbour[]> => {
  const heard = await Promise.all(
    nics.slice(0, 256).map(async (nic) => {
      // Debian's tcpdump gives up root for a user of its own, which the boot kit does not have.
      const args = ['-i', nic, '-Z', 'root', '-c', '1', '-s', '1600', '-n', '-t', '-xx', FILTER];
      const answer = await source.run('tcpdump', args, {
        timeoutMs: options.waitMs,
        ...(options.signal ? { signal: options.signal } : {}),
      });
      const frame = parseLldpFrame(frameFromTcpdump(answer.stdout));
      return {
        broken: (answer.code !== 0 && answer.code !== null) || answer === MISSING_COMMAND,
        stderr: answer.stderr,
        neighbour: frame === null ? null : { nic, ...frame },
      };
    }),
  );
  const broken = heard.find((one) => one.broken);
  if (broken !== undefined && heard.every((one) => one.neighbour === null)) {
    throw new Error(
      `tcpdump: ${
        broken.stderr
          .replace(/^tcpdump: /, '')
          .replace(/\s+/g, ' ')
          .trim()
          .slice(0, 200) || 'failed'
      }`,
    );
  }
  return heard.flatMap((one) => (one.neighbour === null ? [] : [one.neighbour]));
};
