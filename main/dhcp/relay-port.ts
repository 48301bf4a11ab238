// On which switch port a client hangs, as the switch says in option 82 (RFC 3046): agent circuit id (sub-option 1) and remote id (2). How
// they are written is each maker's own; what is text is taken as it is, everything else as hex.
import { OPTION } from './options.ts';
import type { DhcpPacket } from './packet.ts';

const [CIRCUIT, REMOTE] = [1, 2];

const textOf = (bytes: Uint8Array): string => {
  const text = Buffer.from(bytes).toString('latin1');
  return /^[\x20-\x7e]+$/.test(text) ? text : Buffer.from(bytes).toString('hex');
};

/** Names of the port: the circuit id, and the same behind the remote id. Empty where no switch says one; a cut sub-option ends the list. */
export const relayPorts = ({ options }: DhcpPacket): readonly string[] => {
  const information = options.get(OPTION.relayInformation) ?? new Uint8Array();
  const found = new Map<number, string>();
  for (let at = 0; at + 2 <= information.length;) {
    const [code = 0, length = 0] = information.subarray(at, at + 2);
    const value = information.subarray(at + 2, at + 2 + length);
    if (value.length < length) break;
    if (length > 0) found.set(code, textOf(value));
    at += 2 + length;
  }
  const [circuit, remote] = [found.get(CIRCUIT), found.get(REMOTE)];
  return circuit === undefined ? [] : [circuit, ...(remote === undefined ? [] : [`${remote} ${circuit}`])];
};
