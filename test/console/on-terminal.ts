// Run by form-on-terminal.test.ts within a pseudo-terminal: the form as a target shows it, on the terminal it is started from. What it
// would send to the station it writes as one line of JSON into the file named first; the second file keeps the draft.
import { readFileSync, writeFileSync } from 'node:fs';
import { createAsking } from '../../agent/console/asking.ts';
import { terminalKeyboard } from '../../agent/console/keyboard.ts';
import { createTerminal } from '../../agent/console/terminal.ts';
import { fieldSchema } from '../../agent/protocol/fields.ts';

const [answersFile = '', draftFile = '', look = 'serial'] = process.argv.slice(2);
const write = (text: string): void => void process.stdout.write(text);
const screen = createTerminal({
  video: look === 'video' ? write : null,
  serial: look === 'video' ? () => undefined : write,
  now: () => performance.now(),
});
const asking = createAsking({
  screen,
  keyboard: terminalKeyboard(['/dev/tty']),
  drafts: {
    load: () => {
      try {
        return readFileSync(draftFile, 'utf8');
      } catch {
        return null;
      }
    },
    save: (text) => writeFileSync(draftFile, text),
  },
  send: (answers) => {
    writeFileSync(answersFile, JSON.stringify(answers));
    asking.close();
    asking.stop();
    write('\r\nDONE\r\n');
  },
});
asking.ask({
  fields: [
    fieldSchema.parse({ name: 'role', label: 'Role', type: 'choice', choices: ['web', 'mail'] }),
    fieldSchema.parse({ name: 'input.memory', label: 'Memory', type: 'size' }),
  ],
  problems: [],
});
write('READY\r\n');
