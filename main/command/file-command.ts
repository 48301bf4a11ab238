// Commands about one file that a person names: read before the station is asked, or written with what the station said.
import { success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { PipeClient } from '../../preload/contract/pipe-client.ts';
import type { Command, Invocation } from './command.ts';
import type { Output } from './output.ts';
import { withStation } from './with-station.ts';
import { writeWhole } from './write-whole.ts';

export type FileCommand<File> = Pick<Command, 'name' | 'help'> &
  Partial<Pick<Command, 'details' | 'options'>> & {
    readonly read: (path: string, output: Output) => Promise<Result<File>>;
    readonly run: (invocation: Invocation, file: File) => Promise<number>;
  };

export const fileCommand = <File>({ read, run, ...words }: FileCommand<File>): Command => ({
  arguments: 'FILE',
  options: {},
  positionals: { least: 1, most: 1 },
  ...words,
  run: async (invocation) => {
    const file = await read(invocation.positionals[0] ?? '', invocation.output);
    return file.ok ? run(invocation, file.value) : invocation.output.fail(file.failure);
  },
});

export type ExportCommand<Answer extends { readonly text: string }> = Pick<Command, 'name' | 'help'> & {
  /** Begins the code of a file that cannot be written. */
  readonly area: string;
  readonly ask: (station: PipeClient) => Promise<Result<Answer>>;
  readonly says: (path: string, answer: Answer) => string;
};

/** Writes the text of an answer, which is JSON; what else the answer has is printed. */
export const exportCommand = <Answer extends { readonly text: string }>({ area, ask, says, ...words }: ExportCommand<Answer>): Command => ({
  arguments: 'FILE',
  options: {},
  positionals: { least: 1, most: 1 },
  ...words,
  run: (invocation) =>
    withStation(invocation, async (station) => {
      const path = invocation.positionals[0] ?? '';
      const answer = await ask(station);
      if (!answer.ok) return answer;
      const { text, ...told } = answer.value;
      if (path === '-') {
        // The text itself, with --json too.
        invocation.output.print(JSON.parse(text), text.trimEnd());
        return success(null);
      }
      const written = await writeWhole(path, text, { area });
      if (!written.ok) return written;
      invocation.output.print({ path, ...told }, says(path, answer.value));
      return success(null);
    }),
});
