// Asks the wire for a station and waits for its words: by broadcast from the address that another DHCP server gave this machine.
import { createSocket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { failed, success } from '../protocol/failure.ts';
import type { Result } from '../protocol/failure.ts';
import { readWords, writeInform } from './codec.ts';

export type AskOptions = {
  readonly mac: string;
  readonly address: string;
  /** When the question is repeated, since datagrams get lost; the first is sent at once. */
  readonly repeatAtMs?: readonly number[];
  readonly timeoutMs?: number;
  /** Tests ask a station on loopback, where ports are high. */
  readonly from?: number;
  readonly to?: { readonly address: string; readonly port: number };
};

const CLIENT_PORT = 68;
const EVERYBODY = { address: '255.255.255.255', port: 67 };

/** Failures `boot.no-station-answers`, `boot.cannot-ask`. */
export const askStation = (options: AskOptions): Promise<Result<string>> => {
  const { mac, address, repeatAtMs = [1_000, 3_000, 6_000], timeoutMs = 10_000, from = CLIENT_PORT, to = EVERYBODY } = options;
  const question = { mac, address, transactionId: randomInt(2 ** 32) };
  const packet = writeInform(question);
  return new Promise((resolve) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    const timers: NodeJS.Timeout[] = [];
    const end = (result: Result<string>): void => {
      for (const timer of timers) clearTimeout(timer);
      socket.close();
      resolve(result);
    };
    const ask = (): void => socket.send(packet, to.port, to.address, () => undefined);
    socket.once('error', (error) =>
      end(failed('boot.cannot-ask', `This machine cannot ask for a station: ${error.message}.`, 'Check its network card and address.')),
    );
    socket.on('message', (bytes) => {
      const words = readWords(bytes, question);
      if (words !== null) end(success(words));
    });
    // Bound to the address, not to any: the kernel then knows the card to broadcast on without a route.
    socket.bind({ port: from, address }, () => {
      socket.setBroadcast(true);
      ask();
      timers.push(...repeatAtMs.map((ms) => setTimeout(ask, ms)));
      timers.push(
        setTimeout(
          () => end(failed('boot.no-station-answers', 'No Rackside station answers on this wire.', 'Switch listening on at the station.')),
          timeoutMs,
        ),
      );
    });
  });
};
