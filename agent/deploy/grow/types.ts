// How growing one filesystem ends: done, not begun (with the reason; the disk is as before), or begun and failed.
import type { Tools } from '../../disk/tools.ts';

export type Grown =
  | { readonly kind: 'grown'; readonly says: string }
  | { readonly kind: 'not'; readonly why: string }
  | { readonly kind: 'failed'; readonly program: string; readonly output: string };

/** `path` is the device that holds it and nothing else. */
export type Grower = (path: string, tools: Tools) => Promise<Grown>;

export const TOOL_TIMEOUT_MS = 30 * 60_000;

/** The last line that a program said is the one with the reason; indented ones only add to it ("dmesg(1) may have more information"). */
export const lastLine = (output: string): string => {
  const lines = output.trimEnd().split('\n');
  return (lines.findLast((line) => /^\S/.test(line)) ?? lines.at(-1) ?? '').trim();
};

export const GROWN: Grown = { kind: 'grown', says: 'its filesystem fills it' };
