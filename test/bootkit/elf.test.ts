// Judged against the dynamic loader of this computer.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { readElfNeeds } from '../../scripts/bootkit/elf.ts';

const linux = process.platform === 'linux' && process.arch === 'x64';

test.skipIf(!linux)("names what the loader finds for Node's own program", () => {
  const needs = readElfNeeds(readFileSync(process.execPath));
  expect(needs?.interpreter).toMatch(/^\/lib.*ld-linux-x86-64\.so\.2$/);
  const listed = spawnSync('ldd', [process.execPath]).stdout.toString();
  expect(needs?.libraries.length).toBeGreaterThan(2);
  for (const name of needs?.libraries ?? []) expect(listed).toContain(name);
});

test('what is no ELF file needs nothing', () => {
  expect(readElfNeeds(Buffer.from('#!/bin/sh\n'))).toBeUndefined();
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => bytes[0] === 0x7f || readElfNeeds(Buffer.from(bytes)) === undefined));
});
