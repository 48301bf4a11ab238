// `rackside capture`: one machine's disk becomes an image.
import { IDENTITY_KINDS } from '../../agent/protocol/identity.ts';
import type { IdentityKind } from '../../agent/protocol/identity.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Command, Invocation } from './command.ts';
import { parseLabels } from './image-commands.ts';
import { machineOf, printed, withStation } from './with-station.ts';

export const CAPTURE_COMMAND: Command = {
  name: 'capture',
  arguments: 'MACHINE --name NAME',
  help: 'make an image of the disk of a machine that waits; nothing is written to it',
  options: {
    name: { type: 'string', value: 'NAME', help: 'name of the image; a name that exists gets its next revision' },
    disk: { type: 'string', value: 'SERIAL', help: 'serial or WWN of the disk, where the machine has several' },
    label: { type: 'string', value: 'KEY=VALUE', multiple: true, help: 'label of the image; may be given several times' },
    notes: { type: 'string', value: 'TEXT', help: 'notes to the image' },
    'redact-serials': { type: 'boolean', help: 'leave serial numbers, MACs and other names of this very machine out of the image' },
    neutralise: {
      type: 'boolean',
      help: `take what makes the system one of its kind out of the image (${IDENTITY_KINDS.join(', ')}); the disk keeps it`,
    },
    keep: { type: 'string', value: 'KIND', multiple: true, help: 'with --neutralise: leave this kind in; may be given several times' },
  },
  positionals: { least: 1, most: 1 },
  run: (invocation) =>
    withStation(invocation, async (station) => {
      const name = invocation.text('name');
      if (name === undefined || name.trim() === '') return nameMissing;
      const labels = parseLabels(invocation.list('label'));
      if (!labels.ok) return labels;
      const neutralise = kindsOf(invocation);
      if (!neutralise.ok) return neutralise;
      const machine = await machineOf(station, invocation.positionals[0]);
      if (!machine.ok) return machine;
      const job = await station.call('machines.capture', {
        machineId: machine.value.id,
        name,
        diskSerial: invocation.text('disk') ?? null,
        labels: labels.value,
        notes: invocation.text('notes') ?? '',
        redactSerials: invocation.flag('redact-serials'),
        neutralise: neutralise.value,
      });
      return printed(
        invocation,
        job,
        ({ id, machineName }) =>
          `${machineName} is being captured as "${name}": job ${id}.\nSee how far, and what of the machine is in it, with: rackside job ${id.slice(0, 8)}`,
      );
    }),
};

const kindsOf = (invocation: Invocation): Result<IdentityKind[]> => {
  const kept = invocation.list('keep');
  if (!invocation.flag('neutralise'))
    return kept.length === 0
      ? success([])
      : failed('command.option-missing', '--keep goes with --neutralise.', 'Without --neutralise everything is kept.');
  const strange = kept.find((kind) => !IDENTITY_KINDS.some((known) => known === kind));
  return strange === undefined
    ? success(IDENTITY_KINDS.filter((kind) => !kept.includes(kind)))
    : failed('command.kind-unknown', `"${strange}" is no kind of identity.`, `There are: ${IDENTITY_KINDS.join(', ')}.`);
};

const nameMissing = failed('command.option-missing', 'The image needs a name: --name NAME.', 'See: rackside capture --help');
