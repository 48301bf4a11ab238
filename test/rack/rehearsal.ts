// A station and a software rack in one process, driven through the same pipe as any window: the demo, the tests and a technician's
// rehearsal of a site all start from here.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import type { StationEvent } from '../../preload/contract/events.ts';
import { connectPipe } from '../../preload/contract/pipe-client.ts';
import type { PipeClient } from '../../preload/contract/pipe-client.ts';
import type { JobView, MachineView } from '../../preload/contract/views.ts';
import { startHeadless } from '../../main/headless.ts';
import type { RunningHeadless } from '../../main/headless.ts';
import { writeDemoKit } from './demo-kit.ts';
import type { Wire } from './firmware/boot-chain.ts';

export type Rehearsal = {
  /** Where its station is found by the command line. */
  readonly dataFolder: string;
  /** As of now; replaced by a restart. */
  readonly headless: () => RunningHeadless;
  readonly call: PipeClient['call'];
  readonly wire: () => Wire;
  readonly machines: () => readonly MachineView[];
  readonly jobs: () => readonly JobView[];
  /** Resolves with the machines once `accept` holds for them; looks again at every event. Rejects at `timeoutMs`. */
  until(accept: (machines: readonly MachineView[]) => boolean, what: string, timeoutMs: number): Promise<readonly MachineView[]>;
  /** Approves a machine's question exactly as the window's button does. */
  approve(machine: MachineView): Promise<Result<JobView>>;
  /** Stops the station and starts another over the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

export type RehearsalOptions = {
  readonly folder: string;
  /** Consents to every question about erasing, once each. */
  readonly autoConsent: boolean;
  readonly onEvent?: (event: StationEvent) => void;
  readonly onRefused?: (machine: MachineView, failure: Failure) => void;
  readonly bundleFolder?: string;
  /** Size of the address pool; default 1000. */
  readonly leases?: number;
  /** Default: in `folder`. */
  readonly libraryFolder?: string;
};

/** The value, or an exception with the failure's own words: rehearsals run on what they made themselves. */
export const need = async <T>(result: Result<T> | Promise<Result<T>>): Promise<T> => {
  const settled = await result;
  if (settled.ok) return settled.value;
  throw new Error(`${settled.failure.message} ${settled.failure.next} (${settled.failure.code})`);
};

const wireOf = (headless: RunningHeadless): Wire => {
  const { dhcp, tftp } = headless.station.ports();
  return { dhcp: { address: '127.0.0.1', port: dhcp }, tftp: { address: '127.0.0.1', port: tftp } };
};

export const startRehearsal = async (options: RehearsalOptions): Promise<Rehearsal> => {
  const { folder } = options;
  const kitFolder = join(folder, 'kit');
  const dataFolder = join(folder, 'station');
  await mkdir(folder, { recursive: true });
  await writeDemoKit(kitFolder);
  const machines = new Map<string, MachineView>();
  const jobs = new Map<string, JobView>();
  const answered = new Set<string>();
  const watchers = new Set<() => void>();
  let headless: RunningHeadless;
  let station: PipeClient;
  let httpPort = 0;

  const approve = (machine: MachineView): Promise<Result<JobView>> => {
    const { question } = machine;
    if (question?.kind !== 'erase') throw new Error(`${machine.name} asks nothing about erasing`);
    const eraseSerial = question.disk.serial ?? question.disk.wwn ?? `size:${question.disk.sizeBytes}`;
    return station.call('machines.approve', { machineId: machine.id, eraseSerial, consentHash: question.consentHash });
  };
  const consent = async (machine: MachineView): Promise<void> => {
    const { question } = machine;
    if (!options.autoConsent || question?.kind !== 'erase' || answered.has(question.consentHash)) return;
    answered.add(question.consentHash);
    const answer = await approve(machine);
    if (!answer.ok) options.onRefused?.(machine, answer.failure);
  };
  const hear = (event: StationEvent): void => {
    if (event.name === 'snapshot') {
      machines.clear();
      for (const machine of event.payload.machines) machines.set(machine.id, machine);
      for (const job of event.payload.jobs) jobs.set(job.id, job);
      event.payload.machines.forEach((machine) => void consent(machine));
    }
    if (event.name === 'machine.changed') {
      machines.set(event.payload.id, event.payload);
      void consent(event.payload);
    }
    if (event.name === 'machine.removed') machines.delete(event.payload.id);
    if (event.name === 'job.changed') jobs.set(event.payload.id, event.payload);
    options.onEvent?.(event);
    for (const look of watchers) look();
  };
  const start = async (): Promise<void> => {
    headless = await need(
      startHeadless({
        dataFolder,
        libraryFolder: options.libraryFolder ?? join(folder, 'library'),
        kitFolder,
        // Agents know the station by its port, so that it keeps it over a restart.
        wire: { kind: 'loopback', leases: options.leases ?? 1000, httpPort },
        windowPort: 0,
        siteName: 'Rehearsal',
        operator: 'rehearsal',
        listen: true,
        ...(options.bundleFolder === undefined ? {} : { bundleFolder: options.bundleFolder }),
      }),
    );
    httpPort = headless.station.ports().http;
    station = connectPipe({ url: headless.pipeUrl, token: headless.token, onEvent: hear });
  };
  const stop = async (): Promise<void> => {
    station.close();
    await headless.stop();
  };
  await start();
  return {
    dataFolder,
    headless: () => headless,
    call: (name, argument, callOptions) => station.call(name, argument, callOptions),
    wire: () => wireOf(headless),
    machines: () => [...machines.values()],
    jobs: () => [...jobs.values()],
    until: (accept, what, timeoutMs) =>
      new Promise((resolve, reject) => {
        const settle = (work: () => void): void => {
          clearTimeout(timer);
          watchers.delete(look);
          work();
        };
        const look = (): void => {
          const now = [...machines.values()];
          if (accept(now)) settle(() => resolve(now));
        };
        const timer = setTimeout(() => {
          const seen = [...machines.values()].map((machine) => `${machine.name} ${machine.state}: ${machine.says}`).join('\n');
          settle(() => reject(new Error(`${timeoutMs} ms passed and the machines are not ${what}:\n${seen}`)));
        }, timeoutMs);
        watchers.add(look);
        look();
      }),
    approve,
    restart: async () => {
      await stop();
      await start();
    },
    stop,
  };
};
