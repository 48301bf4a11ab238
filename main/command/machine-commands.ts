// `rackside machines`, `machine`, `approve`, `deploy`, `capture`, `boot-local`, `hold`, `retry`.
import { labelOf } from '../../agent/protocol/fields.ts';
import type { CallName, CallArgument, CallAnswer } from '../../preload/contract/calls.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Disk } from '../../agent/protocol/disk.ts';
import type { MachineDetail, MachineView } from '../../preload/contract/views.ts';
import { CAPTURE_COMMAND } from './capture-command.ts';
import { VERIFY_COMMAND } from './verify-command.ts';
import type { Command } from './command.ts';
import { marked } from './fact-commands.ts';
import { duration, size, table } from './output.ts';
import { imageOf, machineOf, printed, withStation } from './with-station.ts';
import { outlookLines } from './outlook-text.ts';
import { describeTrace } from './trace-text.ts';
import { SETTINGS_FORMAT, settingsFileOf } from './settings-file.ts';

/** Which disk, and what is on it. */
export const diskLine = (disk: Disk): string => {
  const identity = disk.serial ?? disk.wwn ?? `size:${disk.sizeBytes}`;
  const holds =
    disk.content === null
      ? 'unreadable'
      : disk.content.blank
        ? 'blank'
        : (disk.content.recognisedOs ?? `${disk.content.table}, ${disk.content.partitions.length} partitions`);
  return `${disk.path}  ${disk.model ?? 'disk'}  ${size(disk.sizeBytes)}  ${identity}  (${holds})`;
};

/** What will be erased, what stays untouched: printed before anything is asked. */
export const describeQuestion = (machine: MachineView): string => {
  const { question } = machine;
  if (question === null) return 'Nothing is asked.';
  switch (question.kind) {
    case 'erase': {
      const { disk, recipe } = question;
      const what =
        recipe === undefined
          ? `Put "${question.imageName}" (${question.osoid.slice(0, 12)}) on ${machine.name}?`
          : `Build "${question.imageName}" by recipe ${recipe.id} version ${recipe.version} on ${machine.name}?`;
      const parts = (disk.content?.partitions ?? []).map(
        (partition) =>
          `    ${partition.number}: ${partition.name || partition.label || partition.typeId}  ${partition.filesystem ?? 'unknown'}  ${size(partition.sectors * disk.logicalSectorBytes)}`,
      );
      return [
        what,
        `  WILL BE ERASED: ${diskLine(disk)}`,
        ...parts,
        ...(question.set === undefined
          ? []
          : [`  it is member ${question.set.number} of ${question.set.of}, "${question.set.member}", of image set "${question.set.name}"`]),
        ...(question.set?.covers ?? []).map((what) => `  the same yes covers, on this disk: ${what}`),
        ...question.untouched.map((other) => `  stays untouched: ${diskLine(other)}`),
        `  at most ${size(question.fetchBytes)} to fetch; everything is read back and verified`,
      ].join('\n');
    }
    case 'choose':
      return question.reason;
    case 'fact':
      return `${question.reason} Wanted: ${question.fields.map((field) => `${labelOf(field)} (${field.name})`).join(', ')}. Answer with: rackside answer ${machine.id} FIELD=VALUE`;
    case 'refused':
      return question.failures.map((failure) => `${failure.message} ${failure.next} (${failure.code})`).join('\n');
  }
};

const describeMachine = (detail: MachineDetail): string => {
  const { machine } = detail;
  return [
    `${machine.name}  (${machine.id})  ${machine.state}${machine.online ? ', agent online' : ''}`,
    `  ${machine.says}`,
    `  ${[machine.manufacturer, machine.model, machine.serial].filter((part) => part !== null).join(' · ')}`,
    ...(machine.failure === null ? [] : [`  PROBLEM ${machine.failure.message} ${machine.failure.next} (${machine.failure.code})`]),
    ...(machine.question === null ? [] : ['', describeQuestion(machine)]),
    '',
    'Disks',
    ...detail.disks.map((disk) => `  ${diskLine(disk)}`),
    '',
    'Decision',
    detail.trace === null ? '  none yet' : describeTrace(detail.trace) || '  there are no policies yet',
    '',
    'Facts',
    table(
      ['  name', 'value', 'source'],
      detail.facts.map((fact) => [`  ${fact.name}`, marked(fact), fact.source]),
    ),
    '',
    'Events',
    ...detail.events.slice(-15).map((event) => `  ${new Date(event.atMs).toISOString()}  ${event.text}`),
  ].join('\n');
};

const simple = <N extends 'machines.bootLocal' | 'machines.hold' | 'machines.retry'>(name: string, call: N, help: string): Command => ({
  name,
  arguments: 'MACHINE',
  help,
  options: {},
  positionals: { least: 1, most: 1 },
  run: (invocation) =>
    withStation(invocation, async (station) => {
      const machine = await machineOf(station, invocation.positionals[0]);
      if (!machine.ok) return machine;
      const answer = await station.call<CallName>(call, { machineId: machine.value.id } as CallArgument<N>);
      return printed(invocation, answer as Result<CallAnswer<N>>, (view) => `${view.name}: ${view.says}`);
    }),
});

export const MACHINE_COMMANDS: readonly Command[] = [
  {
    name: 'machines',
    arguments: '',
    help: 'list the machines heard on the wire, with state and what each one asks',
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const machines = await station.call('machines.list', {});
        if (!machines.ok) return machines;
        invocation.output.print(machines.value, () =>
          machines.value.length === 0
            ? 'No machine has been heard yet.'
            : table(
                ['ID', 'NAME', 'MAKER', 'MODEL', 'STATE', 'FOR', 'SAYS'],
                machines.value.map((machine) => [
                  machine.id,
                  machine.name,
                  machine.manufacturer ?? '-',
                  machine.model ?? '-',
                  machine.state,
                  duration(Date.now() - machine.stateAtMs),
                  machine.says,
                ]),
              ),
        );
        return success(null);
      }),
  },
  {
    name: 'machine',
    arguments: 'MACHINE',
    help: 'show one machine: disks, decision with every reason, facts, events',
    options: {},
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const machine = await machineOf(station, invocation.positionals[0]);
        if (!machine.ok) return machine;
        const detail = await station.call('machines.get', { machineId: machine.value.id });
        return printed(invocation, detail, describeMachine);
      }),
  },
  {
    name: 'approve',
    arguments: 'MACHINE',
    help: 'say what will be erased; with --erase SERIAL, approve exactly that',
    options: { erase: { type: 'string', value: 'SERIAL', help: 'serial of the disk to erase, as printed (or its WWN, or size:BYTES)' } },
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const machine = await machineOf(station, invocation.positionals[0]);
        if (!machine.ok) return machine;
        const { question } = machine.value;
        if (question?.kind !== 'erase') {
          return failed(
            'consent.not-asked',
            `${machine.value.name} asks for no approval: ${machine.value.says}`,
            'See what it does with: rackside machine ID',
          );
        }
        const gets =
          question.beside === undefined ? null : await station.call('machines.outlook', { machineId: machine.value.id, wish: null });
        if (gets !== null && !gets.ok) return gets;
        const beside = gets === null ? [] : outlookLines(gets.value, { texts: false });
        const described = [describeQuestion(machine.value), ...beside.map((line) => `  ${line}`)].join('\n');
        const serial = invocation.text('erase');
        const wanted = question.disk.serial ?? question.disk.wwn ?? `size:${question.disk.sizeBytes}`;
        if (serial === undefined) {
          invocation.output.print(
            { machine: machine.value.id, question, outlook: gets?.value ?? null },
            `${described}\n\nNothing was changed. To approve: rackside approve ${machine.value.id} --erase ${wanted}`,
          );
          return failed(
            'consent.serial-wanted',
            'Nothing was approved.',
            `Repeat the serial of the disk that will be erased: --erase ${wanted}`,
          );
        }
        if (!invocation.json) invocation.output.print(null, described);
        const job = await station.call('machines.approve', {
          machineId: machine.value.id,
          eraseSerial: serial,
          consentHash: question.consentHash,
        });
        return printed(invocation, job, ({ id }) => `Approved: job ${id}.`);
      }),
  },
  {
    name: 'deploy',
    arguments: 'MACHINE --image IMAGE [--grow WHAT] [--settings FILE]',
    help: 'choose an image for one machine yourself; it still asks before it erases',
    details: SETTINGS_FORMAT,
    options: {
      image: { type: 'string', value: 'IMAGE', help: 'OSOID, its beginning, or a name (the newest revision)' },
      disk: { type: 'string', value: 'SERIAL', help: 'serial or WWN of the target disk, where several fit' },
      rewrite: { type: 'boolean', help: 'write again although the disk holds this image already' },
      grow: {
        type: 'string',
        value: 'WHAT',
        help: 'what grows on a larger disk: last (the default), none, a partition by number, name or label, GROUP/VOLUME',
      },
      settings: {
        type: 'string',
        value: 'FILE',
        help: 'JSON with hostname, users, network, userData for this machine; - reads standard input',
      },
      check: { type: 'boolean', help: 'only show what the disk would get, with the settings filled in; nothing is ordered' },
      'accept-untrusted': { type: 'boolean', help: 'deploy it although its signature is not trusted; goes on record with your name' },
      'accept-bound': {
        type: 'boolean',
        help: "deploy it although another machine's TPM opens its volumes; goes on record with your name",
      },
    },
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const machine = await machineOf(station, invocation.positionals[0]);
        if (!machine.ok) return machine;
        const image = await imageOf(station, invocation.text('image'));
        if (!image.ok) return image;
        const settings = await settingsFileOf(invocation.text('settings'));
        if (!settings.ok) return settings;
        const grow = invocation.text('grow');
        const beside = { ...(grow === undefined ? {} : { grow }), ...(settings.value === null ? {} : { settings: settings.value }) };
        const aim = { osoid: image.value.osoid, diskSerial: invocation.text('disk') ?? null };
        if (invocation.flag('check')) {
          const outlook = await station.call('machines.outlook', { machineId: machine.value.id, wish: { ...aim, ...beside } });
          return printed(invocation, outlook, (one) =>
            [`Image:          ${one.imageName}`, ...outlookLines(one, { texts: true })].join('\n'),
          );
        }
        const answer = await station.call('machines.deploy', {
          machineId: machine.value.id,
          ...aim,
          ...beside,
          rewrite: invocation.flag('rewrite'),
          acceptUntrusted: invocation.flag('accept-untrusted'),
          acceptBound: invocation.flag('accept-bound'),
        });
        return printed(invocation, answer, (view) => `${view.name}: ${view.says}`);
      }),
  },
  CAPTURE_COMMAND,
  VERIFY_COMMAND,
  simple('boot-local', 'machines.bootLocal', 'start the operating system on its own disk'),
  simple('hold', 'machines.hold', 'hold the machine at its console'),
  simple('retry', 'machines.retry', 'decide again for a machine that failed or holds'),
];
