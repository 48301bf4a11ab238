import { expect, test } from 'vitest';
import { demoOptions } from './demo-options.ts';

test('help and slips of the pen are answered with the options that there are', () => {
  expect(demoOptions(['--help'])).toMatchObject({ exitCode: 0, text: expect.stringContaining('--machines N') });
  expect(demoOptions(['--machine', '3'])).toMatchObject({ exitCode: 2, text: expect.stringMatching(/^demo: Unknown option '--machine'/) });
  expect(demoOptions(['--machines', 'six'])).toMatchObject({
    exitCode: 2,
    text: expect.stringContaining('"six" is no number of machines'),
  });
  expect(demoOptions(['--once', '--machines', '8'])).toMatchObject({
    values: { once: true, machines: '8', vm: false, firmware: 'secureboot' },
  });
});
