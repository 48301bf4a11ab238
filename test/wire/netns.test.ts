// The wire tests' own ground: a cable between two namespaces carries packets, a bridge joins two cables, dispose leaves nothing.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { createLab } from './netns.ts';

test('a bridged pair of machines can ping, and dispose leaves no namespace behind', async () => {
  const lab = createLab('netns');
  const [a, b] = [lab.namespace('a'), lab.namespace('b')];
  lab.bridge(a, 'br0', '10.9.0.1/24');
  lab.cable({ namespace: a, name: 'p1', bridge: 'br0' }, { namespace: b, name: 'eth0', address: '10.9.0.2/24', mac: '02:00:00:00:00:02' });
  const ping = await b.run(['busybox', 'ping', '-c', '1', '-W', '3', '10.9.0.1']);
  expect(ping.stdout).toContain('1 packets received');
  expect(b.ip('link show eth0')).toContain('02:00:00:00:00:02');
  const sleeper = a.start(['sleep', '600']);
  const name = a.name;
  await lab.dispose();
  expect((await sleeper.ended).code).toBeNull();
  expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).not.toContain(name);
});
