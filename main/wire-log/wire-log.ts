// The wire log as windows ask for it: the trail of each MAC with what it means now.
import type { MachineView } from '../../preload/contract/views.ts';
import type { WireEvents } from '../wire/wire.ts';
import { followWire } from './follow.ts';
import { judgeTrail } from './judge.ts';
import { createTrails } from './trails.ts';
import type { WireTrail, WireTrailHead } from '../../preload/contract/wire-views.ts';
import type { WireSituation } from './judge.ts';
import type { Trail } from './trails.ts';

export type WireLog = WireEvents & {
  /** The same calls of agents; their hellos are seen in passing. */
  alsoHello<Calls extends HelloCalls>(calls: Calls): Calls;
  /** The latest first. */
  list(): readonly WireTrailHead[];
  /** The latest trail among the MACs of one machine; that nothing was heard is an answer too. */
  latest(macs: readonly string[]): WireTrail;
};

type HelloCalls = { onHello(session: { readonly bootMac: string }): void };

export type WireLogOptions = {
  readonly now: () => number;
  situation(mac: string): WireSituation;
  machines(): readonly MachineView[];
};

const lastAtMs = ({ steps }: Trail): number => Math.max(0, ...steps.map((step) => step.lastAtMs));

export const createWireLog = ({ now, situation, machines }: WireLogOptions): WireLog => {
  const trails = createTrails();
  const { onHello, ...following } = followWire({ trails, now });
  const idsByMac = (): ReadonlyMap<string, string> =>
    new Map(machines().flatMap((machine) => machine.macs.map((mac) => [mac, machine.id] as const)));
  const headOf = (trail: Trail, machineId: string | null): WireTrailHead => ({
    mac: trail.mac,
    machineId,
    startedAtMs: trail.steps[0]?.firstAtMs ?? null,
    lastAtMs: trail.steps.length === 0 ? null : lastAtMs(trail),
    verdict: judgeTrail(trail.steps, situation(trail.mac), now()),
  });
  return {
    ...following,
    alsoHello: (calls) => ({
      ...calls,
      onHello: (session) => {
        onHello(session.bootMac);
        calls.onHello(session);
      },
    }),
    list: () => {
      const known = idsByMac();
      return trails.all().map((trail) => headOf(trail, known.get(trail.mac) ?? null));
    },
    latest: (macs) => {
      const seen = macs.flatMap((mac) => trails.of(mac) ?? []).toSorted((a, b) => lastAtMs(b) - lastAtMs(a));
      const trail = seen[0] ?? { mac: macs[0] ?? '', steps: [] };
      return { ...headOf(trail, idsByMac().get(trail.mac) ?? null), steps: [...trail.steps] };
    },
  };
};
