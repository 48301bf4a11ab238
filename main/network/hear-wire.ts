// Listens for what else is on the wire than DHCP servers: a switch that speaks spanning tree, and somebody else with our address.
import { setTimeout as sleep } from 'node:timers/promises';
import { arpProbe, otherHolder, parseBpdu } from './ethernet-frames.ts';
import type { SpanningTree } from './ethernet-frames.ts';
import type { Nic } from './nics.ts';
import { ETHERNET, openRawEthernet } from './raw-ethernet.ts';

export type WireHeard = {
  readonly spanningTree: SpanningTree | null;
  /** MACs of others that have our address. */
  readonly otherHolders: readonly string[];
};

export type HearWireOptions = {
  readonly nic: Nic;
  readonly address: string;
  /** A switch says its BPDU every 2 s unless set otherwise. */
  readonly listenMs: number;
  readonly signal?: AbortSignal;
};

const LOOK_EVERY_MS = 50;
/** RFC 5227: a lost question is asked again. */
const ASK_AT_MS = [0, 1000];
/** Of one look: a wire that floods us is looked at again later. */
const MOST_FRAMES = 200;

/** Null where this system or user may not look at raw frames. */
export const hearWire = async ({ nic, address, listenMs, signal }: HearWireOptions): Promise<WireHeard | null> => {
  const [llc, arp] = [openRawEthernet(nic, ETHERNET.llc), openRawEthernet(nic, ETHERNET.arp)];
  try {
    if (llc === null || arp === null) return null;
    let spanningTree: SpanningTree | null = null;
    const otherHolders = new Set<string>();
    const questions = [...ASK_AT_MS];
    const beganAtMs = performance.now();
    for (let atMs = 0; atMs < listenMs && signal?.aborted !== true; atMs = performance.now() - beganAtMs) {
      if (questions[0] !== undefined && questions[0] <= atMs) {
        questions.shift();
        arp.send(arpProbe(nic.mac, address));
      }
      for (let count = 0; count < MOST_FRAMES; count += 1) {
        const [bridge, answer] = [llc.receive(), arp.receive()];
        if (bridge === null && answer === null) break;
        if (bridge !== null) spanningTree ??= parseBpdu(bridge);
        const holder = answer === null ? null : otherHolder(answer, address, nic.mac);
        if (holder !== null) otherHolders.add(holder);
      }
      await sleep(LOOK_EVERY_MS, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    }
    return { spanningTree, otherHolders: [...otherHolders] };
  } finally {
    llc?.close();
    arp?.close();
  }
};
