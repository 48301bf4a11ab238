// The steps that most journeys share: what an agent says of its disk, and the way up to a running job.
import type { Assessment } from '../../agent/protocol/decision.ts';
import type { MachineView } from '../../preload/contract/views.ts';
import { disk, hash } from './fixtures.ts';
import { value } from './rig.ts';
import type { FakeAgent, Rig } from './rig.ts';

export const localBoot = { kind: 'uefi' as const, espUuid: 'AAAA-BBBB', loaderPath: null };
export const failure = { code: 'disk.write-failed', message: 'The disk gave an error.', next: 'Change it.' };

export const identity = (one = disk()) => ({ serial: one.serial, wwn: one.wwn, sizeBytes: one.sizeBytes });

/** The agent says that the image may be written to this disk with this content. */
export const ready = (letter = 'a', content = '1', one = disk()): Assessment => ({
  kind: 'ready',
  osoid: hash(letter),
  disk: identity(one),
  contentHash: hash(content),
});

/** Up to the running job. */
export const toWork = (rig: Rig, agent: FakeAgent = rig.agent()): { agent: FakeAgent; machine: MachineView; jobId: string } => {
  const machine = agent.inventory();
  agent.assess(ready());
  const job = value(rig.approve(machine));
  return { agent, machine, jobId: job.id };
};

export const steps = (
  agent: FakeAgent,
  jobId: string,
  ...names: readonly ('check' | 'void-record' | 'fetch-write' | 'read-back')[]
): void => {
  for (const step of names) {
    value(agent.report({ kind: 'step', jobId, step, state: 'started', note: '' }));
    value(agent.report({ kind: 'step', jobId, step, state: 'done', note: 'ok' }));
  }
};
