// `rackside jobs`, `cancel`, `rename`, `fact`, `describe`: the rest of what the screens do.
import { failed } from '../../agent/protocol/failure.ts';
import type { Command } from './command.ts';
import { duration, size, table } from './output.ts';
import { machineOf, printed, withStation } from './with-station.ts';

export const WORK_COMMANDS: readonly Command[] = [
  {
    name: 'jobs',
    arguments: '',
    help: 'list the jobs: who wrote what where, how far, with what result',
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const jobs = await station.call('jobs.list', {});
        return printed(invocation, jobs, (list) =>
          table(
            ['ID', 'MACHINE', 'IMAGE', 'STATE', 'TOOK', 'FETCHED', 'OPERATOR'],
            list.map((job) => [
              job.id,
              job.machineName,
              job.imageName,
              job.failure === null ? job.state : `${job.state} (${job.failure.code})`,
              duration((job.endedAtMs ?? Date.now()) - job.createdAtMs),
              job.result === null ? '-' : size(job.result.bytesFetched),
              job.operator,
            ]),
          ),
        );
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
        return printed(invocation, detail, (value) => `${value.machine.name}: ${value.machine.says}`);
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
