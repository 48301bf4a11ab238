// Per-machine settings: what is filled in, what is refused, and what cloud-init gets. Python's YAML reader, the one that cloud-init
// itself uses, judges the files.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fact } from '../../agent/protocol/facts.ts';
import { checkSettings } from '../../main/settings/check-settings.ts';
import { factSource, fill } from '../../main/settings/fill.ts';
import { renderSettings } from '../../main/settings/render.ts';
import { settingsSchema } from '../../preload/contract/settings.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx2RrEuxGvPFwUpHl6MI7ybOBdFUsuARGRbbbtoUhIf ada@desk';
const fact = (name: string, value: Fact['value'], filler = false): Fact => ({ name, value, source: 'test', filler });
const FACTS = factSource([
  fact('input.hostname', 'web1.example.org'),
  fact('input.address', '10.0.0.5'),
  fact('network.boot-mac', '52:54:00:AA:BB:CC'),
  fact('memory.size', 64 * 2 ** 30),
  fact('asset.tag', 'To be filled', true),
  fact('model', 'X\nroot: true'),
]);
const of = (settings: unknown, facts = FACTS) => renderSettings(settingsSchema.parse(settings), facts);
const files = (settings: unknown): Record<string, string> => {
  const rendered = of(settings);
  if (!rendered.ok) throw new Error(`${rendered.failure.code}: ${rendered.failure.message}`);
  return Object.fromEntries(rendered.value.seed('rackside-1').files.map(({ name, text }) => [name, text]));
};
const codeOf = (settings: unknown, facts = FACTS): string => {
  const rendered = of(settings, facts);
  return rendered.ok ? 'ok' : `${rendered.failure.code} ${rendered.failure.message}`;
};
const yaml = (text: string): unknown => {
  const script = 'import sys,json,yaml; print(json.dumps(yaml.safe_load(sys.stdin.read())))';
  return JSON.parse(execFileSync('python3', ['-c', script], { input: text, encoding: 'utf8', stdio: 'pipe' }));
};
const hasYaml = ((): boolean => {
  try {
    return yaml('a: 1') !== null;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasYaml)('as YAML reads it', () => {
  test('host name, users and network are filled in with the facts of the machine', () => {
    const out = files({
      hostname: '${input.hostname}',
      users: [{ name: 'ada', sshKeys: [KEY], sudo: true }],
      network: [{ addresses: ['${input.address}/24'], gateway: '10.0.0.1', nameservers: ['10.0.0.1'] }],
    });
    expect(yaml(out['meta-data'] ?? '')).toEqual({ 'instance-id': 'rackside-1', 'local-hostname': 'web1.example.org' });
    expect(out['user-data']?.split('\n')[0]).toBe('#cloud-config');
    expect(yaml(out['user-data'] ?? '')).toMatchObject({
      hostname: 'web1',
      fqdn: 'web1.example.org',
      users: [{ name: 'ada', ssh_authorized_keys: [KEY], sudo: 'ALL=(ALL) NOPASSWD:ALL', lock_passwd: true }],
    });
    expect(yaml(out['network-config'] ?? '')).toEqual({
      version: 2,
      ethernets: {
        nic0: {
          match: { macaddress: '52:54:00:aa:bb:cc' },
          dhcp4: false,
          addresses: ['10.0.0.5/24'],
          routes: [{ to: '0.0.0.0/0', via: '10.0.0.1' }],
          nameservers: { addresses: ['10.0.0.1'], search: [] },
        },
      },
    });
  });

  test('text of a person is a second part beside the typed fields, unless it is alone', () => {
    const userData = '#cloud-config\nruncmd:\n  - echo "${memory.size} $${HOME}"\n';
    expect(files({ userData })['user-data']).toBe('#cloud-config\nruncmd:\n  - echo "68719476736 ${HOME}"\n');
    const both = files({ hostname: 'web1', userData })['user-data'] ?? '';
    const script =
      'import sys,email,json; m=email.message_from_string(sys.stdin.read()); print(json.dumps([[p.get_content_type(),p.get_payload(decode=True).decode()] for p in m.get_payload()]))';
    const parts: unknown = JSON.parse(execFileSync('python3', ['-c', script], { input: both, encoding: 'utf8' }));
    expect(parts).toMatchObject([
      ['text/cloud-config', expect.stringContaining('"hostname": "web1"')],
      ['text/cloud-config', expect.stringContaining('68719476736 ${HOME}')],
    ]);
  });
});

test('what no machine has, what this one has not, and what is no good is named by its place', () => {
  expect(codeOf({ hostname: '${hostname}' })).toContain(
    'settings.unknown-fact settings.hostname: there is no fact "hostname", did you mean "input.hostname"'.split(', did')[0],
  );
  expect(codeOf({ userData: '#!/bin/sh\necho ${HOME}' })).toContain('write $${HOME}');
  expect(codeOf({ hostname: '${role}' })).toContain('settings.missing-fact');
  expect(codeOf({ hostname: '${asset.tag}' })).toContain('settings.missing-fact');
  expect(codeOf({ userData: '#cloud-config\nmodel: ${model}' })).toContain('settings.fact-unsafe');
  expect(codeOf({ hostname: 'web_1' })).toContain('settings.hostname is no host name');
  expect(codeOf({ network: [{ addresses: ['${input.address}'] }] })).toContain('network[0].addresses[0] lacks its prefix length');
  expect(codeOf({ network: [{ addresses: ['10.0.0.5/24'], gateway: '10.1.0.1' }] })).toContain('in none of the networks');
  expect(codeOf({ network: [{}] })).toContain('neither addresses nor');
  expect(codeOf({ network: [{ dhcp: true }, { dhcp: true }] })).toContain('another entry names');
  expect(codeOf({ users: [{ name: 'ada', sshKeys: [KEY.slice(0, 50)] }] })).toContain('users[0].sshKeys[0] is cut off or damaged');
  expect(codeOf({ users: [{ name: 'ada', sshKeys: ['-----BEGIN OPENSSH PRIVATE KEY-----'] }] })).toContain('is a private key');
  expect(codeOf({ userData: 'packages: [htop]' })).toContain('#cloud-config');
  expect(codeOf({ hostname: '${role}', network: [{ dhcp: true, mac: '${input.mac}' }] })).toContain('"role", "input.mac"');
});

test('without a machine only what depends on none is judged, and no value is repeated', () => {
  expect(checkSettings({ hostname: '${role}', network: [{ addresses: ['${input.address}/24'] }] }).ok).toBe(true);
  const secret = checkSettings({ users: [{ name: 'ada', sshKeys: ['hunter2 hunter2'] }], password: 'hunter2' });
  expect(secret).toMatchObject({
    ok: false,
    failure: { code: 'settings.invalid', message: expect.stringContaining('unknown field password') },
  });
  expect(JSON.stringify(secret)).not.toContain('hunter2');
});

test('the same settings have one hash, whatever the instance; another value has another', () => {
  const hash = (hostname: string): string => {
    const rendered = of({ hostname });
    return rendered.ok ? rendered.value.sha256 : '';
  };
  expect(hash('web1')).toBe(hash('web1'));
  expect(hash('web1')).not.toBe(hash('web2'));
});

test('text without references comes through as it is; what is escaped loses its escape only', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const plain = text.replaceAll('${', '$');
      expect(fill(plain, FACTS)).toEqual({ text: plain, open: false });
      expect(fill(plain.replaceAll('$', '').concat('$${x}'), FACTS)).toEqual({ text: `${plain.replaceAll('$', '')}\${x}`, open: false });
    }),
  );
});
