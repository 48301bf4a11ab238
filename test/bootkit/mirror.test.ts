import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { chooseMirror, chooseSecurityMirror, hostMirrors, parseDeb822Sources, parseOneLineSources } from '../../scripts/bootkit/mirror.ts';

const DEB822 = `# written by an installer
Types: deb deb-src
URIs: http://mirror.example.net/debian/
Suites: bookworm bookworm-updates
# a comment inside
Components: main
  contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.example.net/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example.net/debian
Suites: sid
Components: main
`;

test('deb822: folded fields, comments inside stanzas, disabled stanzas', () => {
  const sources = parseDeb822Sources(DEB822);
  expect(sources.map((one) => one.uri)).toEqual(['http://mirror.example.net/debian/', 'http://security.example.net/debian-security']);
  expect(sources[0]).toEqual({
    uri: 'http://mirror.example.net/debian/',
    suites: ['bookworm', 'bookworm-updates'],
    components: ['main', 'contrib'],
    signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
  });
});

test('one-line: options, deb-src and comments', () => {
  const text = `# deb http://commented.example.net/debian trixie main
deb-src http://source.example.net/debian trixie main
deb [arch=amd64 signed-by=/k.gpg] http://a.example.net/debian trixie main contrib # mine
  deb http://b.example.net/other stable main`;
  expect(parseOneLineSources(text)).toEqual([
    { uri: 'http://a.example.net/debian', suites: ['trixie'], components: ['main', 'contrib'], signedBy: '/k.gpg' },
    { uri: 'http://b.example.net/other', suites: ['stable'], components: ['main'], signedBy: '' },
  ]);
});

test.each([
  ['the main archive, without its trailing slash', DEB822, 'http://mirror.example.net/debian'],
  ['not a vendor repository', 'Types: deb\nURIs: https://vendor.example.net/node_20.x\nSuites: nodistro\nComponents: main\n', undefined],
  ['not the security archive alone', DEB822.slice(DEB822.indexOf('Types: deb\n')), undefined],
])('chooses %s', (_, text, expected) => {
  expect(chooseMirror(parseDeb822Sources(text))).toBe(expected);
});

test.each([
  ['the security archive, whatever release it is listed for', DEB822, 'http://security.example.net/debian-security'],
  [
    'one line, signed by Debian',
    'deb [signed-by=/k/debian-archive-keyring.gpg] http://m.example.net/sec bookworm-security main',
    'http://m.example.net/sec',
  ],
  ["not another vendor's", 'deb http://vendor.example.net/apt noble-security main', undefined],
  ['not the main archive', 'deb http://mirror.example.net/debian trixie main', undefined],
])('security updates: %s', (_, text, expected) => {
  expect(chooseSecurityMirror([...parseDeb822Sources(text), ...parseOneLineSources(text)])).toBe(expected);
});

test('reads the folder apt reads, both formats', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rackside-apt-'));
  try {
    expect(await hostMirrors(folder)).toEqual({ main: undefined, security: undefined });
    await mkdir(join(folder, 'sources.list.d'));
    await writeFile(join(folder, 'sources.list.d/debian.sources'), DEB822);
    expect(await hostMirrors(folder)).toEqual({
      main: 'http://mirror.example.net/debian',
      security: 'http://security.example.net/debian-security',
    });
    await writeFile(join(folder, 'sources.list'), 'deb http://first.example.net/debian bookworm main\n');
    expect(await hostMirrors(folder)).toMatchObject({ main: 'http://first.example.net/debian' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
