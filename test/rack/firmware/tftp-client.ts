// The TFTP half of a software target's firmware: one read with blksize, tsize and windowsize (RFC 1350, 2347-2349, 7440),
// written apart from main/tftp.
import { createSocket } from 'node:dgram';

const BLOCK_BYTES = 1468;
const WINDOW = 16;
const QUIET_MS = 1_000;
const TRIES = 8;

/** Bytes of `file`, or null when the server says "file not found". */
export const readTftp = async (
  file: string,
  server: { readonly address: string; readonly port: number },
  signal: AbortSignal,
): Promise<Buffer | null> => {
  if (signal.aborted) throw new Error('powered off');
  const socket = createSocket('udp4');
  try {
    return await new Promise<Buffer | null>((resolve, reject) => {
      const blocks: Buffer[] = [];
      let peerPort = 0;
      let blockBytes = 512;
      let window = 1;
      let inWindow = 0;
      let tries = 0;
      let last: Buffer = Buffer.concat([
        Buffer.from([0, 1]),
        Buffer.from(`${file}\0octet\0blksize\0${BLOCK_BYTES}\0tsize\0${0}\0windowsize\0${WINDOW}\0`, 'ascii'),
      ]);
      let timer: NodeJS.Timeout | undefined;
      const end = (work: () => void) => {
        clearTimeout(timer);
        work();
      };
      const send = (packet: Buffer) => {
        last = packet;
        clearTimeout(timer);
        timer = setTimeout(again, QUIET_MS);
        socket.send(packet, peerPort === 0 ? server.port : peerPort, server.address);
      };
      const again = () => {
        tries += 1;
        if (tries > TRIES) end(() => reject(new Error(`PXE-E32: TFTP of ${file} timed out`)));
        else send(last);
      };
      const acknowledge = () => {
        inWindow = 0;
        const packet = Buffer.from([0, 4, 0, 0]);
        packet.writeUInt16BE(blocks.length & 0xffff, 2);
        send(packet);
      };
      socket.on('error', (error) => end(() => reject(error)));
      signal.addEventListener('abort', () => end(() => reject(new Error('powered off'))), { once: true });
      socket.on('message', (packet, sender) => {
        if (peerPort === 0) peerPort = sender.port;
        if (sender.port !== peerPort || packet.length < 4) return;
        const kind = packet.readUInt16BE(0);
        if (kind === 5) {
          const code = packet.readUInt16BE(2);
          const text = packet.subarray(4).toString('ascii').replaceAll('\0', '');
          end(() => (code === 1 ? resolve(null) : reject(new Error(`TFTP error ${code}: ${text}`))));
        } else if (kind === 6) {
          const words = packet.subarray(2).toString('ascii').split('\0');
          for (let at = 0; at + 1 < words.length; at += 2) {
            if (words[at] === 'blksize') blockBytes = Number(words[at + 1]);
            if (words[at] === 'windowsize') window = Number(words[at + 1]);
          }
          acknowledge();
        } else if (kind === 3) {
          tries = 0;
          if (packet.readUInt16BE(2) !== ((blocks.length + 1) & 0xffff)) {
            if (inWindow === 0) acknowledge();
            return;
          }
          blocks.push(Buffer.from(packet.subarray(4)));
          inWindow += 1;
          const isLast = packet.length - 4 < blockBytes;
          if (isLast || inWindow >= window) acknowledge();
          if (isLast) end(() => resolve(Buffer.concat(blocks)));
        }
      });
      socket.bind(0, '127.0.0.1', () => send(last));
    });
  } finally {
    // The last acknowledgement is on its way out of the kernel already; closing does not recall it.
    socket.close();
  }
};
