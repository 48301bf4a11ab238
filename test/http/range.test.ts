import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyOverlay } from '../../main/http/send-file.ts';
import { decideRange, isUnchanged } from '../../main/http/range.ts';
import { parseTarget } from '../../main/http/request.ts';
import { findRoute, pathPattern } from '../../main/http/routes.ts';
import type { Route } from '../../main/http/routes.ts';

const whole = { kind: 'whole' };
const part = (start: number, end: number) => ({ kind: 'part', start, end });
const unsatisfiable = { kind: 'unsatisfiable' };

test.each([
  [undefined, whole],
  ['bytes=0-0', part(0, 1)],
  ['bytes=0-99', part(0, 100)],
  ['bytes=0-100', part(0, 100)],
  ['bytes=90-', part(90, 100)],
  ['bytes=-10', part(90, 100)],
  ['bytes=-1000', part(0, 100)],
  ['bytes=99-99', part(99, 100)],
  ['BYTES=5-6', part(5, 7)],
  ['bytes=100-', unsatisfiable],
  ['bytes=100-200', unsatisfiable],
  ['bytes=-0', unsatisfiable],
  ['bytes=9-3', whole],
  ['bytes=-', whole],
  ['bytes=0-1,4-5', whole],
  ['bytes=a-b', whole],
  ['chunks=0-1', whole],
  ['bytes=99999999999999999999-', whole],
])('Range %s of 100 bytes', (header, decision) => expect(decideRange(header, 100, undefined, undefined)).toEqual(decision));

test('an empty body has no satisfiable range', () => {
  expect(decideRange('bytes=0-', 0, undefined, undefined)).toEqual(unsatisfiable);
  expect(decideRange('bytes=-5', 0, undefined, undefined)).toEqual(unsatisfiable);
});

test('If-Range with another or a weak validator means the whole', () => {
  expect(decideRange('bytes=5-', 100, '"abc"', 'abc')).toEqual(part(5, 100));
  for (const other of ['"abd"', 'W/"abc"', 'abc', 'Sat, 01 Jan 2026 00:00:00 GMT'])
    expect(decideRange('bytes=5-', 100, other, 'abc')).toEqual(whole);
  expect(decideRange('bytes=5-', 100, '"abc"', undefined)).toEqual(whole);
});

test.each([
  ['"a"', 'a', true],
  ['W/"a"', 'a', true],
  ['"b", "a"', 'a', true],
  ['*', 'a', true],
  ['"b"', 'a', false],
  ['*', undefined, false],
  [undefined, 'a', false],
])('If-None-Match %s with %s', (header, etag, unchanged) => expect(isUnchanged(header, etag)).toBe(unchanged));

test.each([
  ['/boot/vmlinuz', '/boot/vmlinuz'],
  ['//grubx64.efi', '/grubx64.efi'],
  ['/boot///x//y', '/boot/x/y'],
  ['/a%20b?x=1#y', '/a b'],
  ['http://10.0.0.1:8080/boot/x', '/boot/x'],
  ['http://10.0.0.1', '/'],
  ['/boot/ipxe/52:54:00:12:34:56', '/boot/ipxe/52:54:00:12:34:56'],
  ['/%zz', null],
  ['/a%00b', null],
  ['*', null],
  ['', '/'],
])('target %s', (target, path) => expect(parseTarget(target)?.path ?? null).toBe(path));

test('routes: first fit, HEAD by GET, other methods named', () => {
  const route = (method: string, pattern: string): Route => ({
    method,
    match: pathPattern(pattern),
    handle: () => ({ kind: 'json', value: null }),
  });
  const routes = [route('GET', '/boot/:file'), route('POST', '/agent/hello'), route('GET', '/boot/special')];
  expect(findRoute(routes, 'GET', '/boot/special')).toMatchObject({ kind: 'route', parts: { file: 'special' } });
  expect(findRoute(routes, 'HEAD', '/boot/x')).toMatchObject({ kind: 'route', parts: { file: 'x' } });
  expect(findRoute(routes, 'DELETE', '/boot/x')).toEqual({ kind: 'method', allowed: ['GET', 'HEAD'] });
  expect(findRoute(routes, 'GET', '/agent/hello')).toEqual({ kind: 'method', allowed: ['POST'] });
  for (const path of ['/boot', '/boot/', '/boot/a/b', '/boot/special/', '/']) expect(findRoute(routes, 'GET', path).kind).toBe('missing');
});

test('an overlay replaces exactly what it covers, however the file is cut into reads', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.nat(299),
      fc.uint8Array({ maxLength: 60 }),
      fc.integer({ min: 1, max: 50 }),
      (file, offset, bytes, step) => {
        const wanted = Buffer.from(file);
        wanted.set(bytes.subarray(0, Math.max(0, file.length - offset)), Math.min(offset, file.length));
        const got: Buffer[] = [];
        for (let position = 0; position < file.length; position += step) {
          const chunk = Buffer.from(file.subarray(position, position + step));
          applyOverlay(chunk, position, { offset, bytes });
          got.push(chunk);
        }
        expect(Buffer.concat(got).equals(wanted)).toBe(true);
      },
    ),
  );
});
