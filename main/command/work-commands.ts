// `rackside jobs`, `job`, `cancel`, `rename`, `fact`, `describe`: the rest of what the screens do.
import { failed } from '../../agent/protocol/failure.ts';
import type { JobView, MachineDetail } from '../../preload/contract/views.ts';
import type { Command } from './command.ts';
import { marked } from './fact-commands.ts';
import { findJob } from './find.ts';
import { identityLines } from './identity-text.ts';
import { duration, size, table } from './output.ts';
import { verifyLines } from './verify-command.ts';
import { machineOf, printed, withStation } from './with-station.ts';

/** Compressed, over the wire: to the machine for a deploy, from it for a capture. */
const movedBytes = ({ result, captured }: JobView): string => {
  const bytes = result?.bytesFetched ?? captured?.bytesSent;
  return bytes === undefined ? '-' : size(bytes);
};

const describeJob = (job: JobView): string =>
  [
    `${job.kind} of "${job.imageName}" on ${job.machineName}: ${job.state}${job.attempt > 1 ? `, attempt ${job.attempt}` : ''}`,
    `  job        ${job.id}`,
    `  by         ${job.operator} at ${job.siteName}, ${new Date(job.createdAtMs).toISOString().slice(0, 16)}`,
    `  took       ${duration((job.endedAtMs ?? Date.now()) - job.createdAtMs)}, ${movedBytes(job)} moved`,
    ...job.steps.map(
      ({ step, startedAtMs, endedAtMs, note }) =>
        `  ${step.padEnd(12)} ${endedAtMs === null ? 'running' : duration(endedAtMs - startedAtMs)}${note === '' ? '' : `: ${note}`}`,
    ),
    ...(job.captured?.identity === undefined ? [] : ['  identity', ...identityLines(job.captured.identity).map((line) => `    ${line}`)]),
    ...(job.verified === null ? [] : ['  found', ...verifyLines(job.verified).map((line) => `    ${line}`)]),
    ...(job.failure === null ? [] : [`  ${job.failure.message} (${job.failure.code})`, `  ${job.failure.next}`]),
  ].join('\n');

/** What a machine itself tells goes before what people say of it (docs/facts.md): said, so that nobody waits for an effect. */
const standing = ({ facts }: MachineDetail, name: string, value: string): readonly string[] => {
  const fact = facts.find((one) => one.name === name && !one.filler);
  if (value === '' || fact === undefined || fact.source.startsWith('person:')) return [];
  return [
    `NOTE ${name} stays ${marked(fact)}, as ${fact.source} tells it; what people say stands only where the machine itself says nothing.`,
  ];
};

export const WORK_COMMANDS: readonly Command[] = [
  {
    name: 'jobs',
    arguments: '',
    help: 'list the jobs: who wrote, captured or checked what where, how far, with what result',
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const jobs = await station.call('jobs.list', {});
        return printed(invocation, jobs, (list) =>
          table(
            ['ID', 'MACHINE', 'KIND', 'IMAGE', 'STATE', 'TOOK', 'MOVED', 'OPERATOR'],
            list.map((job) => [
              job.id,
              job.machineName,
              job.kind,
              job.imageName,
              job.failure === null ? job.state : `${job.state} (${job.failure.code})`,
              duration((job.endedAtMs ?? Date.now()) - job.createdAtMs),
              movedBytes(job),
              job.operator,
            ]),
          ),
        );
      }),
  },
  {
    name: 'job',
    arguments: 'JOB',
    help: 'show one job: its steps, what came of it, and what a capture found and took out of its image, or in what a disk differs from it',
    options: {},
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const jobs = await station.call('jobs.list', {});
        if (!jobs.ok) return jobs;
        const job = findJob(jobs.value, invocation.positionals[0] ?? '');
        return printed(invocation, job, describeJob);
      }),
  },
  {
    name: 'cancel',
    arguments: 'JOB',
    help: 'stop a job at its next safe point',
    options: {},
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const job = await station.call('jobs.cancel', { jobId: invocation.positionals[0] ?? '' });
        return printed(invocation, job, (value) => `Job ${value.id} on ${value.machineName}: ${value.state}.`);
      }),
  },
  {
    name: 'rename',
    arguments: 'MACHINE NAME',
    help: 'give a machine a name',
    options: {},
    positionals: { least: 2, most: 2 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const machine = await machineOf(station, invocation.positionals[0]);
        if (!machine.ok) return machine;
        const renamed = await station.call('machines.rename', { machineId: machine.value.id, name: invocation.positionals[1] ?? '' });
        return printed(invocation, renamed, (value) => `It is called ${value.name} now.`);
      }),
  },
  {
    name: 'fact',
    arguments: 'MACHINE NAME=VALUE',
    help: 'say what no reader can know (role, user, rack.position, input.ANYTHING); an empty value takes it back',
    options: {},
    positionals: { least: 2, most: 2 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const [typed = '', assignment = ''] = invocation.positionals;
        const at = assignment.indexOf('=');
        if (at < 1) return failed('command.arguments', `"${assignment}" says no fact.`, 'Write e.g. role=web.');
        const machine = await machineOf(station, typed);
        if (!machine.ok) return machine;
        const detail = await station.call('machines.setFact', {
          machineId: machine.value.id,
          fact: assignment.slice(0, at),
          value: assignment.slice(at + 1),
        });
        return printed(invocation, detail, (value) =>
          [`${value.machine.name}: ${value.machine.says}`, ...standing(value, assignment.slice(0, at), assignment.slice(at + 1))].join(
            '\n',
          ),
        );
      }),
  },
  {
    name: 'describe',
    arguments: '[--site NAME] [--operator NAME]',
    help: 'say where the station is and who is at the laptop',
    options: {
      site: { type: 'string', value: 'NAME', help: 'where this is' },
      operator: { type: 'string', value: 'NAME', help: 'who is at the laptop' },
    },
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const siteName = invocation.text('site');
        const operator = invocation.text('operator');
        const view = await station.call('station.describe', {
          ...(siteName === undefined ? {} : { siteName }),
          ...(operator === undefined ? {} : { operator }),
        });
        return printed(invocation, view, (value) => `${value.siteName}, operator ${value.operator}`);
      }),
  },
];
