// `rackside jobs`, `cancel`, `rename`, `fact`, `describe`: the rest of what the screens do.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Command } from './command.ts';
import { findMachine } from './find.ts';
import { withStation } from './machine-commands.ts';
import { duration, size, table } from './output.ts';

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
        if (!jobs.ok) return jobs;
        invocation.output.print(jobs.value, () =>
          table(
            ['ID', 'MACHINE', 'IMAGE', 'STATE', 'TOOK', 'FETCHED', 'OPERATOR'],
            jobs.value.map((job) => [
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
        return success(null);
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
        if (!job.ok) return job;
        invocation.output.print(job.value, `Job ${job.value.id} on ${job.value.machineName}: ${job.value.state}.`);
        return success(null);
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
        const machines = await station.call('machines.list', {});
        if (!machines.ok) return machines;
        const machine = findMachine(machines.value, invocation.positionals[0] ?? '');
        if (!machine.ok) return machine;
        const renamed = await station.call('machines.rename', { machineId: machine.value.id, name: invocation.positionals[1] ?? '' });
        if (!renamed.ok) return renamed;
        invocation.output.print(renamed.value, `It is called ${renamed.value.name} now.`);
        return success(null);
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
        const machines = await station.call('machines.list', {});
        if (!machines.ok) return machines;
        const machine = findMachine(machines.value, typed);
        if (!machine.ok) return machine;
        const detail = await station.call('machines.setFact', {
          machineId: machine.value.id,
          fact: assignment.slice(0, at),
          value: assignment.slice(at + 1),
        });
        if (!detail.ok) return detail;
        invocation.output.print(detail.value, `${detail.value.machine.name}: ${detail.value.machine.says}`);
        return success(null);
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
        if (!view.ok) return view;
        invocation.output.print(view.value, `${view.value.siteName}, operator ${view.value.operator}`);
        return success(null);
      }),
  },
];
