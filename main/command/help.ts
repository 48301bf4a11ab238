// What `rackside --help` prints: all commands, those of one group, or one command with its options; and what somebody probably meant
// whose words are no command.
import type { Failure } from '../../agent/protocol/failure.ts';
import { nearest } from '../matching/text.ts';
import type { Command, OptionDefinition } from './command.ts';

export const COMMON: Readonly<Record<string, OptionDefinition>> = {
  json: { type: 'boolean', help: 'print JSON' },
  data: { type: 'string', value: 'FOLDER', help: 'data folder of the station' },
  help: { type: 'boolean', help: 'show this help' },
};

const optionLines = (options: Readonly<Record<string, OptionDefinition>>): readonly string[] =>
  Object.entries(options).map(
    ([name, option]) => `    ${`--${name}${option.value === undefined ? '' : ` ${option.value}`}`.padEnd(26)} ${option.help}`,
  );

const commandLines = (commands: readonly Command[]): readonly string[] =>
  commands.flatMap((command) => [`  ${`${command.name} ${command.arguments}`.trim()}`, `      ${command.help}`]);

export const fullHelp = (commands: readonly Command[]): string =>
  [
    'rackside: power on, recognise, deploy, verify; offline.',
    '',
    'usage: rackside COMMAND [arguments] [--json] [--data FOLDER]',
    '',
    ...commandLines(commands),
    '',
    'common options:',
    ...optionLines(COMMON),
    '',
    'rackside COMMAND --help shows the options of one command; rackside policies --help all that begin with that word.',
  ].join('\n');

const groupOf = (commands: readonly Command[], word: string): readonly Command[] =>
  commands.filter(({ name }) => name.startsWith(`${word} `));

/** Of all commands that begin with this word; null where none does. */
export const groupHelp = (commands: readonly Command[], word: string): string | null => {
  const group = groupOf(commands, word);
  return group.length === 0
    ? null
    : [
        `usage: rackside ${word} COMMAND [arguments]`,
        '',
        ...commandLines(group),
        '',
        `rackside ${word} COMMAND --help shows the options of one, and how its files are written.`,
      ].join('\n');
};

export const commandHelp = (commands: readonly Command[], command: Command): string => {
  const more = groupOf(commands, command.name);
  return [
    `usage: rackside ${command.name} ${command.arguments}`.trimEnd(),
    '',
    `  ${command.help}`,
    ...(command.details === undefined ? [] : ['', command.details]),
    '',
    ...optionLines({ ...command.options, ...COMMON }),
    ...(more.length === 0 ? [] : ['', ...commandLines(more)]),
  ].join('\n');
};

/** `words`: no command. */
export const unknownCommand = (commands: readonly Command[], words: readonly string[]): Failure => {
  const [word = ''] = words;
  const group = groupOf(commands, word);
  const said = words.join(' ');
  const names = commands.map(({ name }) => name);
  const near = nearest(words.slice(0, 2).join(' '), names) ?? nearest(word, [...names, ...names.map((name) => name.split(' ')[0] ?? name)]);
  const next =
    group.length > 0
      ? `There are: ${group.map(({ name }) => name.slice(word.length + 1)).join(', ')}. See: rackside ${word} --help`
      : near === null
        ? 'See them all with: rackside --help'
        : `Did you mean "${near}"? See: rackside ${near} --help`;
  return { code: 'command.unknown', message: `There is no command "${said}".`, next };
};
