// The line that a person types on, on a screen of so many columns: what is longer slides under the caret.
import type { FormView } from './form.ts';
import { plainText } from './screen.ts';

export const promptLine = (view: Pick<FormView, 'prompt' | 'text' | 'caret'>, columns: number): { line: string; column: number } => {
  const prompt = plainText(view.prompt).slice(-Math.floor(columns / 2));
  const room = columns - prompt.length - 1;
  const characters = Array.from(plainText(view.text));
  const from = Math.max(0, view.caret - room);
  return { line: prompt + characters.slice(from, from + room).join(''), column: prompt.length + view.caret - from };
};
