// What was heard on the wire besides DHCP: spanning tree, and our address at somebody else's. Pure judgements.
import type { WireHeard } from '../network/hear-wire.ts';
import { fail, pass, warn } from './report.ts';
import type { Judgement } from './report.ts';

/** @param heard null = not listened, since this user may not; then nothing is said of it. */
export const judgeHeard = (heard: WireHeard | null, address: string, nicName: string): readonly Judgement[] =>
  heard === null ? [] : [judgeSpanningTree(heard), judgeOwnAddress(heard, address, nicName)];

/** Whether a port is an edge port is the switch's secret: it says its BPDUs there too. */
const judgeSpanningTree = ({ spanningTree }: WireHeard): Judgement => {
  if (spanningTree === null) return pass('spanning-tree', 'No switch speaks spanning tree on this port.', { protocol: null });
  const { protocol, forwardDelaySeconds } = spanningTree;
  return warn(
    'spanning-tree',
    `The switch speaks spanning tree (${protocol}): a port that is no edge port stays silent for ${2 * forwardDelaySeconds} s after each link, and firmware that gives up sooner does not boot.`,
    "Make the machines' ports edge ports (portfast, admin-edge) on the switch.",
    { protocol, forwardDelaySeconds },
  );
};

const judgeOwnAddress = ({ otherHolders }: WireHeard, address: string, nicName: string): Judgement =>
  otherHolders.length === 0
    ? pass('own-address', `Nobody else has the address ${address}.`, { holders: null })
    : fail(
        'own-address',
        `${otherHolders.join(' and ')} on this wire has the address ${address} too.`,
        `Switch that device off, or give ${nicName} another address.`,
        { holders: otherHolders.join(' ') },
      );
