// The `rackside` command line: everything the screens do, over the same contract. Failures go to stderr with their code.
import { realpathSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { connectPipe } from '../../preload/contract/pipe-client.ts';
import type { PipeClient } from '../../preload/contract/pipe-client.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { StationEvent } from '../../preload/contract/events.ts';
import { defaultDataFolder, findRunningStation, isOfAnotherUser } from '../data-folder.ts';
import { CARE_COMMANDS } from './care-commands.ts';
import type { Command, Invocation } from './command.ts';
import { ANSWER_COMMANDS } from './answer-commands.ts';
import { ARRIVAL_COMMANDS } from './arrival-commands.ts';
import { ARMING_COMMANDS } from './arming-commands.ts';
import { EVENT_COMMANDS } from './event-commands.ts';
import { FACT_COMMANDS } from './fact-commands.ts';
import { COMMON, commandHelp, fullHelp, groupHelp, unknownCommand } from './help.ts';
import { IMAGE_COMMANDS } from './library-commands.ts';
import { MACHINE_COMMANDS } from './machine-commands.ts';
import { createOutput } from './output.ts';
import { POLICY_COMMANDS } from './policy-commands.ts';
import { READY_COMMANDS } from './ready-command.ts';
import { RECIPE_COMMANDS } from './recipe-commands.ts';
import { RECORD_COMMANDS } from './record-commands.ts';
import { REPORT_COMMANDS } from './report-commands.ts';
import { SET_COMMANDS } from './set-commands.ts';
import { SHELF_COMMANDS } from './shelf-commands.ts';
import { SITE_COMMANDS } from './site-commands.ts';
import { STATION_COMMANDS } from './station-commands.ts';
import { TRUST_COMMANDS } from './trust-commands.ts';
import { WIRE_COMMANDS } from './wire-commands.ts';
import { WORK_COMMANDS } from './work-commands.ts';
import { stopSignal } from './stop-signal.ts';

const COMMANDS: readonly Command[] = [
  ...STATION_COMMANDS,
  ...EVENT_COMMANDS,
  ...MACHINE_COMMANDS,
  ...RECORD_COMMANDS,
  ...FACT_COMMANDS,
  ...ANSWER_COMMANDS,
  ...SITE_COMMANDS,
  ...REPORT_COMMANDS,
  ...ARMING_COMMANDS,
  ...IMAGE_COMMANDS,
  ...CARE_COMMANDS,
  ...SHELF_COMMANDS,
  ...READY_COMMANDS,
  ...TRUST_COMMANDS,
  ...POLICY_COMMANDS,
  ...RECIPE_COMMANDS,
  ...ARRIVAL_COMMANDS,
  ...SET_COMMANDS,
  ...WIRE_COMMANDS,
  ...WORK_COMMANDS,
];

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
  if (running === null && isOfAnotherUser(dataFolder))
    return failed('station.not-yours', `The data folder ${dataFolder} is another user's.`, 'Be the user who started the station (sudo).');
  if (running === null)
    return failed(
      'station.not-running',
      `No station runs in ${dataFolder}.`,
      'Start one with: rackside serve. One that runs elsewhere: give the same --data, and be the same user (sudo), as at its start.',
    );
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

type Streams = {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly ask: Invocation['ask'];
};
const standardStreams: Streams = {
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  ask: async (question) => {
    if (!process.stdin.isTTY) return null;
    // On stderr, so that JSON on stdout stays JSON.
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    // Ctrl-C and Ctrl-D are no answer.
    const closed = new Promise<null>((resolve) => terminal.once('close', () => resolve(null)));
    const answer = await Promise.race([terminal.question(question), closed]);
    terminal.close();
    return answer;
  },
};

/** Runs one command line; the exit code. */
export const runCommandLine = async (
  words: readonly string[],
  signal: AbortSignal,
  { write, writeError, ask }: Streams = standardStreams,
): Promise<number> => {
  const plain = createOutput({ json: false, write, writeError });
  const command = findCommand(words);
  if (command === null) {
    const firstOption = words.findIndex((word) => word.startsWith('-'));
    const plainWords = firstOption < 0 ? words : words.slice(0, firstOption);
    const asked = plainWords[0] === 'help' ? plainWords.slice(1) : plainWords;
    const isHelp = words.includes('--help') || plainWords[0] === 'help';
    if (asked.length === 0) {
      write(`${fullHelp(COMMANDS)}\n`);
      return isHelp ? 0 : 2;
    }
    const meant = isHelp ? findCommand(asked) : null;
    const group = asked.length === 1 || isHelp ? groupHelp(COMMANDS, asked[0] ?? '') : null;
    if (meant === null && group === null) {
      plain.fail(unknownCommand(COMMANDS, asked));
      return 2;
    }
    write(`${meant === null ? (group ?? '') : commandHelp(COMMANDS, meant)}\n`);
    return isHelp ? 0 : 2;
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
      write(`${commandHelp(COMMANDS, command)}\n`);
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
      ask,
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
