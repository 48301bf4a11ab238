// Keeps the wire services up: starts them, says why they cannot run, and tries again when the NIC changes or after a while. A cable
// that is out or a foreign DHCP server stops serving, never the station.
import type { Failure } from '../../agent/protocol/failure.ts';
import type { DhcpEvent } from '../dhcp/events.ts';
import { watchNic } from '../network/watch-nic.ts';
import { startWire } from './wire.ts';
import type { RunningWire, WireParts } from './wire.ts';
import type { WireOptions } from './options.ts';

export type WireKeeperOptions = WireParts & {
  /** A machine's firmware begins a new boot. */
  onNewBoot(mac: string): void;
  /** An operating system of its own has started on a machine. */
  onOwnSystem(mac: string): void;
  /** Problem null: serving. */
  onChange(problem: Failure | null): void;
};

export type WireKeeper = {
  /** Resolves after the first attempt, whatever came of it. */
  start(): Promise<void>;
  /** Ends where it serves and begins there; resolves after the first attempt. */
  serveOn(wire: WireOptions): Promise<void>;
  problem(): Failure | null;
  ports(): { readonly dhcp: number; readonly tftp: number; readonly http: number };
  stop(): Promise<void>;
};

const RETRY_MS = 10_000;

/** Who asks for an address on which card; null where that says nothing of where the machine's boot is. */
export const speakerOf = (event: DhcpEvent): readonly ['firmware' | 'own-system' | null, string] => {
  if (event.kind !== 'heard') return [null, ''];
  const { firmware, mac } = event.client;
  // A system that knows its old address asks for it without a DISCOVER (INIT-REBOOT, RFC 2131 3.2).
  if (firmware === 'other') return [event.message === 'discover' || event.message === 'request' ? 'own-system' : null, mac];
  return [firmware !== 'agent' && event.message === 'discover' ? 'firmware' : null, mac];
};

export const keepWire = (options: WireKeeperOptions): WireKeeper => {
  let wire = options.options;
  let running: RunningWire | null = null;
  let problem: Failure | null = null;
  let stopped = false;
  let retry: NodeJS.Timeout | undefined;
  /** One attempt after the other: a replug in the middle of a start waits for its end. */
  let work: Promise<void> = Promise.resolve();

  const say = (next: Failure | null): void => {
    const same = problem?.code === next?.code && problem?.message === next?.message;
    problem = next;
    if (!same || next === null) options.onChange(next);
  };
  const end = async (): Promise<void> => {
    const wire = running;
    running = null;
    await wire?.stop();
  };
  const onDhcp = (event: DhcpEvent): void => {
    const [speaker, mac] = speakerOf(event);
    if (speaker === 'firmware') {
      running?.forgetHandOut(mac);
      options.onNewBoot(mac);
    }
    options.onDhcp(event);
    if (speaker === 'own-system') options.onOwnSystem(mac);
    if (event.kind === 'stopped') void queue(async () => (await end(), say(event.failure), again()));
  };
  const attempt = async (): Promise<void> => {
    if (stopped || running !== null) return;
    const started = await startWire({ ...options, options: wire, onDhcp });
    if (started.ok) {
      running = started.value;
      say(null);
      return;
    }
    say(started.failure);
    again();
  };
  const again = (): void => {
    clearTimeout(retry);
    if (!stopped) retry = setTimeout(() => queue(attempt), RETRY_MS);
  };
  // A step that threw (a bug; it is logged as unhandled) must not keep the ones after it from running, stop() least of all.
  const queue = (step: () => Promise<void>): Promise<void> => (work = work.then(step, step));

  const watchIt = () =>
    wire.kind === 'rack'
      ? watchNic(wire.nic, ({ what }) => {
          // A flapping link changes nothing for open sockets; a device that was away or has another address does.
          if (what === 'link-down' || (what === 'link-up' && running !== null)) return options.onChange(problem);
          void queue(async () => (await end(), attempt()));
        })
      : null;
  let watch = watchIt();

  return {
    start: () => queue(attempt),
    serveOn: (next) =>
      queue(async () => {
        clearTimeout(retry);
        watch?.stop();
        await end();
        if (stopped) return;
        wire = next;
        watch = watchIt();
        await attempt();
      }),
    problem: () => problem,
    ports: () => running?.ports ?? { dhcp: 0, tftp: 0, http: 0 },
    stop: async () => {
      stopped = true;
      clearTimeout(retry);
      watch?.stop();
      await queue(end);
    },
  };
};
