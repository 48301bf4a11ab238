// The form on the target's screen: keys from bytes, what they do, and that nothing opens it but a person.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formView, openForm, pressKey } from '../../agent/console/form.ts';
import type { Draft, FormState } from '../../agent/console/form.ts';
import { createKeyDecoder } from '../../agent/console/keys.ts';
import { promptLine } from '../../agent/console/prompt.ts';
import { fieldSchema } from '../../agent/protocol/fields.ts';

const FIELDS = [
  { name: 'role', label: 'Role', type: 'choice' as const, choices: ['web', 'mail'] },
  { name: 'input.floor', label: 'Floor', type: 'number' as const, default: '1', most: 9 },
  { name: 'asset.tag', label: 'Asset tag', required: false },
].map((field) => fieldSchema.parse(field));
const NOTHING: Draft = { person: '', values: {} };

const start = (draft = NOTHING, problems: { name: string; message: string }[] = []): FormState =>
  openForm({ fields: FIELDS, problems }, draft);
const type = (state: FormState, text: string): FormState => {
  const decoder = createKeyDecoder();
  return [...decoder.push(Buffer.from(text)), ...decoder.flush()].reduce(pressKey, state);
};
const ESCAPE = '\u001b';
const UP = '\u001b[A';

describe('keys', () => {
  const decode = (bytes: Uint8Array, at: number) => {
    const decoder = createKeyDecoder();
    return [...decoder.push(bytes.subarray(0, at)), ...decoder.push(bytes.subarray(at)), ...decoder.flush()];
  };
  test('are the same wherever the line splits them', () => {
    const bytes = Buffer.from(`aé${UP}\u001bOH\u001b[3~\u007f\u0015\r\n\n\u001b[1;5Cx`);
    const whole = decode(bytes, 0);
    expect(whole.map((key) => (key.kind === 'text' ? key.text : key.kind))).toEqual([
      'a',
      'é',
      'previous',
      'home',
      'delete',
      'backspace',
      'clear',
      'enter',
      'enter',
      'x',
    ]);
    for (let at = 0; at <= bytes.length; at += 1) expect(decode(bytes, at)).toEqual(whole);
  });
  test('an escape alone is the Escape key, and any bytes are survived', () => {
    expect(decode(Buffer.from(ESCAPE), 1)).toEqual([{ kind: 'cancel' }]);
    expect(decode(Buffer.from('\u001bq'), 2)).toEqual([{ kind: 'cancel' }, { kind: 'text', text: 'q' }]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const key of decode(bytes, 0)) if (key.kind === 'text') expect(key.text).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

describe('the form', () => {
  test('asks the name once, then each field, then whether to send', () => {
    const state = type(start(), 'a\rAda Lovelace\r2\r\rT-1\r');
    expect(state).toMatchObject({
      stage: 'review',
      person: 'Ada Lovelace',
      values: { role: 'mail', 'input.floor': '1', 'asset.tag': 'T-1' },
    });
    expect(formView(state).lines.join('\n')).toMatch(/Ada Lovelace answers:[^]*Role: mail[^]*Floor: 1[^]*Asset tag: T-1/);
    expect(type(state, '\r').stage).toBe('sent');
    expect(type(start({ person: 'Ada', values: {} }), 'a\r').stage).toBe('field');
  });
  test('says what is wrong and stays there; what was right before is kept', () => {
    const wrong = type(start(), 'a\rAda\rweb\r12\r');
    expect(wrong).toMatchObject({ stage: 'field', at: 1, values: { role: 'web' }, text: '12' });
    expect(formView(wrong).lines.join('\n')).toMatch(/! The answer is too large. At most 9/);
    expect(type(wrong, '\u0015 3 \r')).toMatchObject({ at: 2, values: { 'input.floor': '3' }, problem: null });
    expect(type(start(), 'a\r\r')).toMatchObject({ stage: 'person', problem: expect.stringMatching(/name/) });
  });
  test('choices stand with their numbers, and a default in brackets', () => {
    const first = formView(type(start(), 'a\rAda\r'));
    expect(first.lines.join('\n')).toMatch(/1\) web\n {2}2\) mail/);
    expect(formView(type(start(), 'a\rAda\rweb\r')).prompt).toBe('Floor [1]: ');
  });
  test('is edited in its line', () => {
    const at = type(start(), 'a\rAda\r');
    expect(type(at, 'wxeb\u001b[D\u001b[D\u007f').text).toBe('web');
    expect(type(at, 'eb\u0001w\u0005!\u007f')).toMatchObject({ text: 'web', caret: 3 });
    expect(type(at, 'xweb\u0001\u001b[3~').text).toBe('web');
  });
  test('goes back, and a lone hyphen empties what may be empty', () => {
    const full = type(start(), 'a\rAda\rweb\r2\rT-1\r');
    const again = type(full, UP);
    expect(again).toMatchObject({ stage: 'field', at: 2 });
    expect(type(again, '-\r')).toMatchObject({ stage: 'review', values: { 'asset.tag': '' } });
    expect(type(again, '\r')).toMatchObject({ values: { 'asset.tag': 'T-1' } });
    expect(type(again, `${UP}${UP}${UP}`)).toMatchObject({ at: 0 });
  });
  test('Escape leaves and sends nothing; what was typed is offered again', () => {
    const left = type(type(start(), 'a\rAda\rweb\r'), ESCAPE);
    expect(left).toMatchObject({ stage: 'closed', problem: 'Nothing was sent.' });
    expect(formView(type(left, 'a\r')).prompt).toBe('Role [web]: ');
    expect(type(start(), 'a\rAda\r\u0003').stage).toBe('closed');
  });
  test('what the station refuses is asked again with its reason', () => {
    const again = start({ person: 'Ada', values: { role: 'gone' } }, [{ name: 'role', message: 'is none of the choices.' }]);
    expect(again).toMatchObject({ stage: 'field', at: 0, text: 'gone' });
    expect(formView(again).lines.at(-1)).toBe('! is none of the choices.');
  });
  test('opens for a person only: whatever a line says, echoes or spits', () => {
    const printed = formView(start())
      .lines.map((line) => `${line}\r\n`)
      .join('');
    const boot = 'rackside: Waiting for: Role\r\nlogin: root\r\nPassword:\r\n\r\n\r\n';
    expect(type(start(), printed + boot)).toMatchObject({ stage: 'closed', text: '' });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (noise) => {
        fc.pre(!/(^|[\r\n])[^\r\n]*a/i.test(noise));
        expect(type(start(), noise).stage).toBe('closed');
      }),
    );
    // Nothing that arrives before is shown, so that a line that echoes has nothing to echo.
    expect(formView(type(start(), 'rackside')).text).toBe('');
  });
});

test('a line that is longer than the screen slides under the caret', () => {
  const text = `${'x'.repeat(200)}END`;
  const { line, column } = promptLine({ prompt: 'Role: ', text, caret: 203 }, 80);
  expect(line.endsWith('END')).toBe(true);
  expect(line.length).toBeLessThan(80);
  expect(column).toBe(line.length);
  expect(promptLine({ prompt: 'Role: ', text, caret: 0 }, 80)).toMatchObject({ column: 6 });
});
