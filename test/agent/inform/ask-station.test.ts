// Asking over loopback: a station's proxy as it runs, lost datagrams, and a wire without a station.
import { createSocket } from 'node:dgram';
import { expect, test } from 'vitest';

import { askStation } from '../../../agent/inform/ask-station.ts';
import { memoryLeaseStore } from '../../../main/dhcp/leases.ts';
import { startDhcp } from '../../../main/dhcp/service.ts';

const MAC = '52:54:00:77:01:0f';
const LOOPBACK = '127.0.0.1';
const WORDS = 'rackside.station=http://127.0.0.1:1 rackside.token=t';

const startProxy = async (listening: () => boolean) => {
  const started = await startDhcp({
    mode: 'proxy',
    endpoint: { kind: 'loopback', address: LOOPBACK, port: 0, proxyPort: 0 },
    pool: { first: '10.9.0.100', last: '10.9.0.150' },
    leaseSeconds: 600,
    decideBoot: () => ({ kind: 'agent', words: WORDS }),
    listening,
    knownMac: () => false,
    leases: memoryLeaseStore(),
    now: Date.now,
    onEvent: () => undefined,
  });
  if (!started.ok) throw new Error(started.failure.message);
  return started.value;
};

test('the proxy says its words', async () => {
  const proxy = await startProxy(() => true);
  try {
    expect(await askStation({ mac: MAC, address: LOOPBACK, from: 0, to: proxy.address })).toEqual({ ok: true, value: WORDS });
  } finally {
    await proxy.stop();
  }
});

test('asked again until it is answered', async () => {
  let asked = 0;
  const proxy = await startProxy(() => (asked += 1) > 2);
  try {
    const answer = await askStation({ mac: MAC, address: LOOPBACK, from: 0, to: proxy.address, repeatAtMs: [20, 40, 60] });
    expect(answer.ok).toBe(true);
    expect(asked).toBeGreaterThan(2);
  } finally {
    await proxy.stop();
  }
});

test('nobody answers; an address that is not its own', async () => {
  const deaf = createSocket('udp4');
  await new Promise<void>((resolve) => void deaf.bind(0, LOOPBACK, resolve));
  const to = { address: LOOPBACK, port: deaf.address().port };
  expect(await askStation({ mac: MAC, address: LOOPBACK, from: 0, to, timeoutMs: 100 })).toMatchObject({
    ok: false,
    failure: { code: 'boot.no-station-answers' },
  });
  deaf.close();
  expect(await askStation({ mac: MAC, address: '192.0.2.1', from: 0, to })).toMatchObject({ failure: { code: 'boot.cannot-ask' } });
});
