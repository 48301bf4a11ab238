import { describe, expect, test } from 'vitest';
import { parseBootWords } from '../../agent/words.ts';
import { commandLine } from '../../main/boot/words.ts';

const KEY = 'k'.repeat(43);
const LINE = `rackside.station=http://10.77.0.1:8067 rackside.token=T rackside.key=${KEY} rackside.mac=52:54:00:AA:00:01`;
const code = (line: string): string | null => {
  const words = parseBootWords(line);
  return words.ok ? null : words.failure.code;
};

describe('the boot words', () => {
  test('are read from what the station writes', () => {
    const line = commandLine({
      station: { address: '10.77.0.1', httpPort: 8067 },
      token: 'to-ken_1',
      stationKey: KEY,
      stage2Sha256: 'a'.repeat(64),
      mac: '52:54:00:00:00:01',
    });
    expect(parseBootWords(`BOOT_IMAGE=/vmlinuz ${line}\n`)).toEqual({
      ok: true,
      value: { station: 'http://10.77.0.1:8067', token: 'to-ken_1', stationKey: KEY, stage2: 'a'.repeat(64), mac: '52:54:00:00:00:01' },
    });
  });

  test('a MAC becomes lower case, a slash at the end goes, the last of two words counts', () => {
    const words = parseBootWords(`${LINE} quiet rackside.station=http://10.77.0.2:1/`);
    expect(words).toMatchObject({ value: { station: 'http://10.77.0.2:1', mac: '52:54:00:aa:00:01', stage2: '' } });
  });

  test('missing ones are named', () => {
    const words = parseBootWords('quiet rackside.token= rackside.mac=52:54:00:00:00:01 xrackside.key=a');
    expect(words.ok ? '' : words.failure.message).toBe('The boot command line lacks rackside.station, rackside.token, rackside.key.');
    expect(code('')).toBe('boot.words-missing');
  });

  test.each(['https://10.77.0.1:8067', 'ftp://10.77.0.1', '10.77.0.1:8067', 'http://', 'http://10.77.0.1/path'])(
    'a station at %s is refused: the agent would knock for ever',
    (station) => expect(code(`${LINE} rackside.station=${station}`)).toBe('boot.words-invalid'),
  );
});
