// Packets as real clients send them, for the DHCP tests.
import { encode } from '../../main/dhcp/codec.ts';
import { addressBytes, messageTypeOption, OPTION, textBytes, type DhcpMessage } from '../../main/dhcp/options.ts';
import { macBytes, NO_ADDRESS, type DhcpPacket } from '../../main/dhcp/packet.ts';

export const MAC = '52:54:00:77:01:01';
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

type Change = Partial<Omit<DhcpPacket, 'options'>> & { readonly mac?: string; readonly options?: ReadonlyMap<number, Uint8Array> };

/** A minimal client packet of one type; `options` are added after option 53. */
export const clientPacket = (type: DhcpMessage, { mac = MAC, options = new Map(), ...change }: Change = {}): DhcpPacket => ({
  op: 1,
  hardwareType: 1,
  hardwareAddress: macBytes(mac),
  hops: 0,
  transactionId: 0x12345678,
  seconds: 0,
  flags: 0,
  clientAddress: NO_ADDRESS,
  yourAddress: NO_ADDRESS,
  serverAddress: NO_ADDRESS,
  relayAddress: NO_ADDRESS,
  serverName: '',
  bootFile: '',
  ...change,
  options: new Map([[OPTION.messageType, messageTypeOption(type)], ...options]),
});

export const requested = (address: string): readonly [number, Uint8Array] => [OPTION.requestedAddress, addressBytes(address)];
export const chosen = (server: string): readonly [number, Uint8Array] => [OPTION.serverId, addressBytes(server)];

/** SMBIOS order on the wire of 11223344-5566-7788-99aa-bbccddeeff00. */
const MACHINE_ID = hex('00 44332211 6655 8877 99aa bbccddeeff00');
export const MACHINE_UUID = '11223344-5566-7788-99aa-bbccddeeff00';

/** SeaBIOS with QEMU's iPXE ROM: flags 0, raw user class, option 175, client id 01 + MAC. */
export const ipxeOptions = new Map<number, Uint8Array>([
  [OPTION.maximumSize, hex('05c0')],
  [OPTION.architecture, hex('0000')],
  [OPTION.networkInterface, hex('010201')],
  [OPTION.vendorClass, textBytes('PXEClient:Arch:00000:UNDI:002001')],
  [OPTION.userClass, textBytes('iPXE')],
  [OPTION.parameterList, hex('01 03 06 07 0c 0f 11 1a 2b 3c 42 43 77 80 81 82 83 84 85 86 87 af cb')],
  [OPTION.ipxeFeatures, hex('b105 01 8086 100e')],
  [OPTION.clientId, hex('01 525400770101')],
  [OPTION.machineId, MACHINE_ID],
]);

/** OVMF PXEv4 (x64): flags 0x8000, no client id, no user class. */
export const ovmfOptions = new Map<number, Uint8Array>([
  [OPTION.maximumSize, hex('05c0')],
  [OPTION.parameterList, hex('010203040506 0c0d0f1112161728292a2b3233363a3b3c4243618081828384858687')],
  [OPTION.machineId, MACHINE_ID],
  [OPTION.networkInterface, hex('010300')],
  [OPTION.architecture, hex('0007')],
  [OPTION.vendorClass, textBytes('PXEClient:Arch:00007:UNDI:003000')],
]);

/** OVMF HTTPv4 (x64). */
export const ovmfHttpOptions = new Map<number, Uint8Array>([
  [OPTION.maximumSize, hex('05c0')],
  [OPTION.parameterList, hex('3a3b3ceb4361')],
  [OPTION.machineId, MACHINE_ID],
  [OPTION.networkInterface, hex('010300')],
  [OPTION.architecture, hex('0010')],
  [OPTION.vendorClass, textBytes('HTTPClient:Arch:00016:UNDI:003000')],
]);

export const agentOptions = new Map<number, Uint8Array>([[OPTION.vendorClass, textBytes('rackside-agent')]]);

export const discoverBytes = (options: ReadonlyMap<number, Uint8Array>): Uint8Array => encode(clientPacket('discover', { options }));
