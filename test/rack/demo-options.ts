// What stands behind `npm run demo --`, read strictly: a slip of the pen is told with the words that there are.
import { parseArgs } from 'node:util';

const OPTIONS = {
  once: { type: 'boolean', default: false },
  vm: { type: 'boolean', default: false },
  firmware: { type: 'string', default: 'secureboot' },
  machines: { type: 'string', default: '6' },
  yes: { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  'no-open': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export const DEMO_USAGE = `usage: npm run demo -- [--once] [--machines N] [--no-open] [--verbose]
       npm run demo -- --vm [--firmware bios|uefi|secureboot] [--once] [--yes]

  --once          consents by itself, prints one JSON line and ends
  --machines N    so many software machines (6)
  --no-open       prints the window's address and opens no browser
  --verbose       prints what the machines show on their own screens
  --vm            a virtual machine in place of software machines (Linux, root); --yes installs what that needs`;

export type DemoOptions = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** The options; a text to print where help was asked for, or what is wrong with them. */
export const demoOptions = (
  words: readonly string[],
): { readonly values: DemoOptions } | { readonly text: string; readonly exitCode: 0 | 2 } => {
  try {
    const { values } = parseArgs({ args: [...words], options: OPTIONS });
    if (values.help) return { text: DEMO_USAGE, exitCode: 0 };
    if (!/^[1-9]\d{0,2}$/.test(values.machines))
      return { text: `demo: "${values.machines}" is no number of machines from 1 to 999.\n\n${DEMO_USAGE}`, exitCode: 2 };
    return { values };
  } catch (error) {
    return { text: `demo: ${(error as Error).message.split('. ')[0]}.\n\n${DEMO_USAGE}`, exitCode: 2 };
  }
};
