// `rackside verify`: one machine's disk held against the image that is said to be on it; and what a result says.
import { hasDrifted, isOwnChange } from '../../agent/protocol/verify.ts';
import type { VerifyResult } from '../../agent/protocol/verify.ts';
import type { Command } from './command.ts';
import { size } from './output.ts';
import { machineOf, printed, withStation } from './with-station.ts';

export const VERIFY_COMMAND: Command = {
  name: 'verify',
  arguments: 'MACHINE [--heal]',
  help: 'compare the disk of a machine that waits with the image that its record names; nothing is written to it',
  details: [
    '  Every chunk of the image is held against the disk. What a deploy itself rewrote (table, record, settings, a grown filesystem) is',
    '  told apart. A system that has run changes its own files: they differ too. Deployed again with --rewrite, the machine is as the',
    '  image has it, and only what differs travels.',
    '  With --heal, what the library lacks of this image (library verify finds it, images show tells) is read from the disk first and given',
    "  back: only what is exactly the image's. A machine that changed gives what it still has; another, or library repair, the rest.",
  ].join('\n'),
  options: {
    heal: { type: 'boolean', help: 'give the library back the chunks of this image that it lacks' },
    disk: { type: 'string', value: 'SERIAL', help: 'serial or WWN of the disk, where several carry a record' },
  },
  positionals: { least: 1, most: 1 },
  run: (invocation) =>
    withStation(invocation, async (station) => {
      const machine = await machineOf(station, invocation.positionals[0]);
      if (!machine.ok) return machine;
      const wish = { diskSerial: invocation.text('disk') ?? null, heal: invocation.flag('heal') };
      const job = await station.call('machines.verify', { machineId: machine.value.id, ...wish });
      return printed(
        invocation,
        job,
        ({ id, machineName, imageName }) =>
          `The disk of ${machineName} is compared with "${imageName}"${wish.heal ? ', and the library is given what it lacks of that' : ''}: job ${id}.\nSee how far, and what differs, with: rackside job ${id.slice(0, 8)}`,
      );
    }),
};

const TABLE_WORDS: Readonly<Record<VerifyResult['table'][number]['change'], string>> = {
  unreadable: 'cannot be read',
  changed: 'changed',
  missing: 'missing',
  added: 'not of the image',
  longer: 'longer than in the image',
  moved: 'moved',
  settings: 'settings of this machine',
};
/** More are in `--json`. */
const LISTED_MOST = 12;

/** A result as lines for a person. */
export const verifyLines = (result: VerifyResult): readonly string[] => {
  const { chunks, bytes, places, ranges, table, fetchBytes, remainsBytes, ownFrom } = result;
  return [
    ...healLines(result),
    hasDrifted(result) ? 'differs from its image' : 'as its image has it',
    `${chunks.same} chunks same, ${chunks.different} different (${size(bytes.different)}), ${chunks.own} rewritten by our own steps (${size(bytes.own)}, ${ownFrom === 'job' ? 'as the deploy reported' : 'as far as this disk tells'})`,
    ...places.map(({ number, name, bytes: placeBytes }) => `${partitionText(number, name)}: ${size(placeBytes)} different`),
    ...ranges.slice(0, LISTED_MOST).map(({ offsetBytes, lengthBytes }) => `  bytes ${offsetBytes} to ${offsetBytes + lengthBytes - 1}`),
    ...(ranges.length > LISTED_MOST ? [`  and ${ranges.length - LISTED_MOST} more places (--json lists them)`] : []),
    ...table.map(
      (one) =>
        `table: ${one.number === null ? 'the table itself' : `partition ${one.number}`} ${TABLE_WORDS[one.change]}${isOwnChange(one) ? ', by a deploy or the system' : ''}`,
    ),
    ...(remainsBytes > 0 ? [`${size(remainsBytes)} of remains in blocks that are free in the image: no difference`] : []),
    ...(hasDrifted(result) ? [`deployed again with --rewrite it is as the image has it, for at most ${size(fetchBytes)} to fetch`] : []),
  ];
};

const healLines = ({ heal }: VerifyResult): readonly string[] => {
  if (heal === undefined) return [];
  if (heal.missing === 0) return ['the library lacks nothing of this image'];
  const { missing, returned, bytesSent } = heal;
  return [
    `${returned} of ${missing} chunks that the library lacked came back (${size(bytesSent)} travelled)`,
    ...(returned === missing
      ? []
      : [`${missing - returned} are still missing: rackside verify ANOTHER-MACHINE --heal, or rackside library repair --from FOLDER`]),
  ];
};

const partitionText = (number: number | null, name: string): string =>
  number === null ? 'outside of the partitions' : `partition ${number}${name === '' ? '' : ` "${name}"`}`;
