// A hand-written boot client, run inside a namespace: sends one packet from a bound port and prints every reply for a while.
// Argument: JSON {nic, address, port, type, options: base64 by code, to, toPort, clientAddress, listenMs}.
import { decode, encode } from '../../main/dhcp/codec.ts';
import { addressOption, messageType, OPTION, textOption, type DhcpMessage } from '../../main/dhcp/options.ts';
import { openDeviceUdp } from '../../main/network/device-udp.ts';
import { listNics } from '../../main/network/nics.ts';
import { clientPacket } from '../dhcp/packets.ts';

export type Question = {
  readonly port: number;
  readonly type: DhcpMessage;
  /** Hex by option code. */
  readonly options: Readonly<Record<string, string>>;
  readonly to: string;
  readonly toPort: number;
  readonly clientAddress?: string;
  readonly listenMs: number;
};

export type Answer = {
  readonly from: string;
  readonly type: DhcpMessage | null;
  readonly yourAddress: string;
  readonly serverId: string | null;
  readonly file: string;
  readonly vendorClass: string | null;
};

const question = JSON.parse(process.argv[2] ?? '') as Question;
const nic = listNics().find(({ name }) => name === 'eth0');
const opened = await openDeviceUdp({
  nic: nic ?? { name: 'eth0', index: null },
  address: nic?.addresses[0]?.address ?? '0.0.0.0',
  port: question.port,
  share: true,
});
if (!opened.ok) throw new Error(opened.failure.message);
opened.value.onMessage((bytes, from) => {
  const decoded = decode(bytes);
  if (!decoded.ok || decoded.value.op !== 2) return;
  const packet = decoded.value;
  const answer: Answer = {
    from: `${from.address}:${from.port}`,
    type: messageType(packet),
    yourAddress: packet.yourAddress,
    serverId: addressOption(packet, OPTION.serverId),
    file: packet.bootFile,
    vendorClass: textOption(packet, OPTION.vendorClass),
  };
  console.log(JSON.stringify({ answer }));
});
const options = new Map(Object.entries(question.options).map(([code, hex]) => [Number(code), Uint8Array.from(Buffer.from(hex, 'hex'))]));
const change = question.clientAddress === undefined ? {} : { clientAddress: question.clientAddress };
await opened.value.send(encode(clientPacket(question.type, { flags: 0x8000, options, ...change })), {
  address: question.to,
  port: question.toPort,
});
setTimeout(() => void opened.value.close(), question.listenMs);
