// The `rackside` command line: everything the screens do, over the same contract. Failures go to stderr with their code.
import { realpathSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { connectPipe } from '../../preload/contract/pipe-client.ts';
import type { PipeClient } from '../../preload/contract/pipe-client.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { StationEvent } from '../../preload/contract/events.ts';
import { defaultDataFolder, findRunningStation } from '../data-folder.ts';
import type { Command, Invocation, OptionDefinition } from './command.ts';
import { IMAGE_COMMANDS, POLICY_COMMANDS } from './library-commands.ts';
import { MACHINE_COMMANDS } from './machine-commands.ts';
import { createOutput } from './output.ts';
import { STATION_COMMANDS } from './station-commands.ts';
import { WORK_COMMANDS } from './work-commands.ts';
import { stopSignal } from './stop-signal.ts';

const COMMANDS: readonly Command[] = [...STATION_COMMANDS, ...MACHINE_COMMANDS, ...IMAGE_COMMANDS, ...POLICY_COMMANDS, ...WORK_COMMANDS];

const COMMON: Readonly<Record<string, OptionDefinition>> = {
  json: { type: 'boolean', help: 'print JSON' },
  data: { type: 'string', value: 'FOLDER', help: 'data folder of the station' },
  help: { type: 'boolean', help: 'show this help' },
};

const optionLines = (options: Readonly<Record<string, OptionDefinition>>): readonly string[] =>
  Object.entries(options).map(
    ([name, option]) => `    ${`--${name}${option.value === undefined ? '' : ` ${option.value}`}`.padEnd(26)} ${option.help}`,
  );

const fullHelp = (): string =>
  [
    'rackside: power on, recognise, deploy, verify; offline.',
    '',
    'usage: rackside COMMAND [arguments] [--json] [--data FOLDER]',
    '',
    ...COMMANDS.flatMap((command) => [`  ${`${command.name} ${command.arguments}`.trim()}`, `      ${command.help}`]),
    '',
    'common options:',
    ...optionLines(COMMON),
    '',
    'rackside COMMAND --help shows the options of one command.',
  ].join('\n');

const commandHelp = (command: Command): string =>
  [
    `usage: rackside ${command.name} ${command.arguments}`.trimEnd(),
    '',
    `  ${command.help}`,
    '',
    ...optionLines({ ...command.options, ...COMMON }),
  ].join('\n');

/** The longest command whose words begin the arguments. */
const findCommand = (words: readonly string[]): Command | null =>
  COMMANDS.filter((command) => command.name.split(' ').every((word, index) => words[index] === word)).toSorted(
    (left, right) => right.name.length - left.name.length,
  )[0] ?? null;

const reachStation = async (
  dataFolder: string,
  onEvent?: (event: StationEvent) => void,
  onGone?: () => void,
): Promise<Result<PipeClient>> => {
  const running = findRunningStation(dataFolder);
  if (running === null) return failed('station.not-running', `No station runs in ${dataFolder}.`, 'Start one with: rackside serve');
  return success(
    connectPipe({
      url: running.pipeUrl,
      token: running.token,
      reconnect: false,
      onLink: ({ kind }) => (kind === 'closed' ? onGone?.() : undefined),
      ...(onEvent === undefined ? {} : { onEvent }),
    }),
  );
};

type Streams = { readonly write: (text: string) => void; readonly writeError: (text: string) => void };
const standardStreams: Streams = {
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
};

/** Runs one command line; the exit code. */
export const runCommandLine = async (
  words: readonly string[],
  signal: AbortSignal,
  { write, writeError }: Streams = standardStreams,
): Promise<number> => {
  const plain = createOutput({ json: false, write, writeError });
  const command = findCommand(words);
  if (command === null) {
    if (words.length === 0 || words.includes('--help') || words[0] === 'help') {
      write(`${fullHelp()}\n`);
      return words.length === 0 ? 2 : 0;
    }
    plain.fail({
      code: 'command.unknown',
      message: `There is no command "${words.filter((word) => !word.startsWith('-')).join(' ')}".`,
      next: 'See them all with: rackside --help',
    });
    return 2;
  }
  try {
    const { values, positionals } = parseArgs({
      args: words.slice(command.name.split(' ').length),
      options: Object.fromEntries(
        Object.entries({ ...command.options, ...COMMON }).map(([name, option]) => [
          name,
          { type: option.type, multiple: option.multiple ?? false },
        ]),
      ),
      allowPositionals: true,
    });
    if (values['help'] === true) {
      write(`${commandHelp(command)}\n`);
      return 0;
    }
    if (positionals.length < command.positionals.least || positionals.length > command.positionals.most) {
      plain.fail({
        code: 'command.arguments',
        message: `rackside ${command.name} takes: ${command.arguments || 'no arguments'}.`,
        next: `See: rackside ${command.name} --help`,
      });
      return 2;
    }
    const data = values['data'];
    const dataFolder = typeof data === 'string' ? data : defaultDataFolder();
    const json = values['json'] === true;
    const invocation: Invocation = {
      positionals,
      text: (option) => (typeof values[option] === 'string' ? values[option] : undefined),
      list: (option) => (Array.isArray(values[option]) ? values[option].filter((value) => typeof value === 'string') : []),
      flag: (option) => values[option] === true,
      dataFolder,
      json,
      output: createOutput({ json, write, writeError }),
      signal,
      station: (onEvent, onGone) => reachStation(dataFolder, onEvent, onGone),
    };
    return await command.run(invocation);
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      // Node explains at length; its first sentence says which.
      const message = `${error.message.split('. ')[0] ?? ''}.`.replace(/\.\.$/, '.');
      plain.fail({ code: 'command.option', message, next: `See: rackside ${command.name} --help` });
      return 2;
    }
    throw error;
  }
};

// Not `import.meta.main`, which Node before 24.2 does not know.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  process.exitCode = await runCommandLine(process.argv.slice(2), stopSignal());
}
