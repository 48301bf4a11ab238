// Writes LLDP frames (IEEE 802.1AB §8) as a switch sends them, and as tcpdump prints them.

export type LldpFields = {
  readonly chassisMac?: string;
  readonly systemName?: string;
  readonly portId?: string;
  readonly portDescription?: string;
  readonly vlan?: number;
};

/** One TLV: 7 bits of type, 9 of length. */
export const tlv = (type: number, value: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([(type << 1) | (value.length >> 8), value.length & 0xff]), value]);

const hexBytes = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex');

/** An Ethernet frame to the nearest bridge's group address. */
export const buildLldpFrame = (fields: LldpFields): Uint8Array => {
  const chassisMac = fields.chassisMac ?? '00:1c:73:00:00:01';
  const text = (subtype: readonly number[], words: string): Buffer => Buffer.concat([Buffer.from(subtype), Buffer.from(words)]);
  return new Uint8Array(
    Buffer.concat([
      hexBytes('01:80:c2:00:00:0e'),
      hexBytes(chassisMac),
      Buffer.from([0x88, 0xcc]),
      tlv(1, Buffer.concat([Buffer.from([4]), hexBytes(chassisMac)])),
      tlv(2, text([5], fields.portId ?? 'Ethernet1')),
      tlv(3, Buffer.from([0, 120])),
      ...(fields.portDescription === undefined ? [] : [tlv(4, text([], fields.portDescription))]),
      ...(fields.systemName === undefined ? [] : [tlv(5, text([], fields.systemName))]),
      ...(fields.vlan === undefined ? [] : [tlv(127, Buffer.from([0x00, 0x80, 0xc2, 1, fields.vlan >> 8, fields.vlan & 0xff]))]),
      tlv(0, Buffer.alloc(0)),
    ]),
  );
};

/** A frame as `tcpdump -xx` prints it. */
export const tcpdumpText = (frame: Uint8Array): string => {
  const rows: string[] = ['LLDP, length 180'];
  for (let at = 0; at < frame.length; at += 16) {
    const pairs =
      Buffer.from(frame.subarray(at, at + 16))
        .toString('hex')
        .match(/.{1,4}/g) ?? [];
    rows.push(`\t0x${at.toString(16).padStart(4, '0')}:  ${pairs.join(' ')}`);
  }
  return `${rows.join('\n')}\n`;
};
