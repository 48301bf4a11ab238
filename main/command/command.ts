// What a command is: its words, its help, and a function from options to an exit code.
import type { PipeClient } from '../../preload/contract/pipe-client.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { StationEvent } from '../../preload/contract/events.ts';
import type { Output } from './output.ts';

export type OptionDefinition = {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly value?: string;
  readonly help: string;
};

export type Invocation = {
  readonly positionals: readonly string[];
  text(option: string): string | undefined;
  list(option: string): readonly string[];
  flag(option: string): boolean;
  readonly dataFolder: string;
  readonly json: boolean;
  readonly output: Output;
  /** What a person types at the terminal; null where nobody sits there. */
  ask(question: string): Promise<string | null>;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** The running station, over the same pipe as any window. `onGone`: the link has ended, by us or by the station. */
  station(onEvent?: (event: StationEvent) => void, onGone?: () => void): Promise<Result<PipeClient>>;
};

export type Command = {
  /** e.g. `images import`. */
  readonly name: string;
  readonly arguments: string;
  readonly help: string;
  /** More of it, for the help of this one command. */
  readonly details?: string;
  readonly options: Readonly<Record<string, OptionDefinition>>;
  readonly positionals: { readonly least: number; readonly most: number };
  run(invocation: Invocation): Promise<number>;
};
