// Raw Ethernet frames of one kind on one NIC (Linux packet(7)), through koffi: what no UDP socket hears. Wants CAP_NET_RAW.
import { createRequire } from 'node:module';
import type koffiModule from 'koffi';

export type RawEthernet = {
  /** The next frame that is waiting; null when none is. */
  receive(): Uint8Array | null;
  send(frame: Uint8Array): void;
  close(): void;
};

/** <linux/if_ether.h>: frames with an 802.2 header, spanning tree's among them; ARP. */
export const ETHERNET = { llc: 0x0004, arp: 0x0806 } as const;

/** <linux/if_packet.h> and <sys/socket.h>. */
const [AF_PACKET, SOCK_RAW, SOCK_CLOEXEC, SOL_PACKET, ADD_MEMBERSHIP, ALL_MULTICAST, DONT_WAIT] = [17, 3, 0o2000000, 263, 1, 2, 0x40];
const LONGEST_FRAME_BYTES = 2048;

/** Null where the system has no such sockets, or does not allow them to this user. */
export const openRawEthernet = (nic: { readonly index: number | null }, etherType: number): RawEthernet | null => {
  if (process.platform !== 'linux' || nic.index === null) return null;
  try {
    return bound((createRequire(import.meta.url)('koffi') as typeof koffiModule).load(null), nic.index, etherType);
  } catch {
    return null;
  }
};

const bound = (libc: ReturnType<typeof koffiModule.load>, index: number, etherType: number): RawEthernet | null => {
  const close = libc.func('int close(int)');
  const recv = libc.func('intptr_t recv(int, _Out_ void *, size_t, int)');
  const send = libc.func('intptr_t send(int, const void *, size_t, int)');
  const bind = libc.func('int bind(int, const void *, uint32_t)');
  const setsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)');
  const networkOrder = ((etherType & 0xff) << 8) | (etherType >> 8);
  // Bound to no protocol at first: nothing of other NICs is queued before it is bound to this one.
  const fd = libc.func('int socket(int, int, int)')(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) as number;
  if (fd < 0) return null;
  const place = Buffer.alloc(20);
  place.writeUInt16LE(AF_PACKET, 0);
  place.writeUInt16LE(networkOrder, 2);
  place.writeInt32LE(index, 4);
  const membership = Buffer.alloc(16);
  membership.writeInt32LE(index, 0);
  membership.writeUInt16LE(ALL_MULTICAST, 4);
  if (bind(fd, place, place.length) !== 0 || setsockopt(fd, SOL_PACKET, ADD_MEMBERSHIP, membership, membership.length) !== 0) {
    close(fd);
    return null;
  }
  const buffer = Buffer.alloc(LONGEST_FRAME_BYTES);
  return {
    receive: () => {
      const length = Number(recv(fd, buffer, buffer.length, DONT_WAIT));
      return length > 0 ? Uint8Array.from(buffer.subarray(0, length)) : null;
    },
    send: (frame) => void send(fd, Buffer.from(frame), frame.length, DONT_WAIT),
    close: () => void close(fd),
  };
};
