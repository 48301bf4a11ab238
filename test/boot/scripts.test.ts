import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { grubAgentConfig, grubDispatcher, grubLocalConfig, padConfig, plainLoaderPath } from '../../main/boot/grub-config.ts';
import { ipxeAgentScript, ipxeLocalScript } from '../../main/boot/ipxe-script.ts';
import { bootPaths, macOfGrubConfig, normaliseBootPath, normaliseMac } from '../../main/boot/paths.ts';
import { commandLine, racksideWords } from '../../main/boot/words.ts';

const station = { address: '10.77.0.1', httpPort: 8067 };
const words = { station, token: 'tok-1_x', stationKey: 'A'.repeat(43), stage2Sha256: 'ab'.repeat(32), mac: '52:54:00:77:01:01' };
const uefi = (espUuid: string | null, loaderPath: string | null) => ({ kind: 'uefi' as const, espUuid, loaderPath });

describe('kernel command line', () => {
  test('the agreed words in their order', () => {
    expect(commandLine(words)).toBe(
      `rackside.station=http://10.77.0.1:8067 rackside.token=tok-1_x rackside.key=${'A'.repeat(43)} rackside.stage2=${'ab'.repeat(32)} rackside.mac=52:54:00:77:01:01 console=tty0 console=ttyS0,115200 panic=30`,
    );
  });
  test.each([
    { token: 'a b' },
    { token: "x'y" },
    { token: '' },
    { stationKey: 'short' },
    { stage2Sha256: 'AB'.repeat(32) },
    { mac: '52-54-00-77-01-01' },
  ])('%o would need quoting or is malformed: thrown', (part) => expect(() => racksideWords({ ...words, ...part })).toThrow('command line'));
});

describe('iPXE', () => {
  test('agent', () => {
    expect(ipxeAgentScript(station, 'a=1 b=2', { kind: 'bios' }).split('\n')).toEqual([
      '#!ipxe',
      'echo Rackside: loading the agent from http://10.77.0.1:8067',
      ':again',
      'imgfree',
      'kernel http://10.77.0.1:8067/boot/vmlinuz initrd=stage1.img a=1 b=2 || goto failed',
      'initrd http://10.77.0.1:8067/boot/stage1.img || goto failed',
      'boot || goto failed',
      ':failed',
      expect.stringContaining('echo Rackside: the station did not deliver'),
      'echo Rackside: trying again in 5 seconds',
      'sleep 5',
      'goto again',
      '',
    ]);
  });
  test('on UEFI: the kernel itself, then by way of shim, which Secure Boot wants, then again', () => {
    const text = ipxeAgentScript(station, 'a=1', { kind: 'uefi', shim: 'efi/shimx64.efi' });
    expect(text.split('\n').slice(3, 14)).toEqual([
      'imgfree',
      'kernel http://10.77.0.1:8067/boot/vmlinuz initrd=stage1.img a=1 || goto failed',
      'initrd http://10.77.0.1:8067/boot/stage1.img || goto failed',
      'boot || goto shim',
      ':shim',
      'imgfree',
      'set netX/filename efi/shimx64.efi ||',
      'chain tftp://10.77.0.1/efi/shimx64.efi ||',
      ':failed',
      expect.stringContaining('echo Rackside: the station did not deliver'),
      'echo Rackside: trying again in 5 seconds',
    ]);
  });
  test('on UEFI the own disk: by way of shim and GRUB; where those do not run, the firmware’s next boot entry and not its setup', () => {
    expect(ipxeLocalScript(station, 'own disk', { kind: 'uefi', shim: 'efi/shimx64.efi' })).toBe(
      '#!ipxe\necho Rackside: own disk\nchain tftp://10.77.0.1/efi/grubx64.efi ||\nset netX/filename efi/shimx64.efi ||\nchain tftp://10.77.0.1/efi/shimx64.efi ||\nexit 1\n',
    );
  });
  test('local disk; a reason cannot become a command', () => {
    expect(ipxeLocalScript(station, 'own disk && ${reboot} || x\nreboot', { kind: 'bios' })).toBe(
      '#!ipxe\necho Rackside: own disk      reboot     x reboot\nsanboot --no-describe --drive 0x80 || exit\n',
    );
  });
});

describe('grub.cfg', () => {
  test('the dispatcher asks for the machine’s own and never ends at a prompt', () => {
    expect(grubDispatcher()).toContain('configfile (tftp,$net_default_server)/grub/m-$net_default_mac.cfg\n');
    expect(grubDispatcher()).toMatch(/while true; do[^]*sleep 5\ndone\n$/);
    // The same line follows an answer whose kernel could not be loaded.
    expect(grubDispatcher()).not.toContain('did not say');
  });

  test('agent by TFTP: absolute paths, quoted words', () => {
    const text = grubAgentConfig({ kind: 'tftp', address: '10.77.0.1' }, 'rackside.token=x console=ttyS0,115200');
    expect(text).toContain(
      "if linux (tftp,10.77.0.1)/vmlinuz 'rackside.token=x' 'console=ttyS0,115200'; then\n  if initrd (tftp,10.77.0.1)/stage1.img; then\n    boot\n",
    );
    expect(text).not.toContain('reboot');
  });

  test('agent inside the HTTP boot image: from its own device, and a restart at the end because nobody asks again', () => {
    const text = grubAgentConfig({ kind: 'root' }, 'a=1');
    expect(text).toContain("linux ($root)/vmlinuz 'a=1'");
    expect(text).toMatch(/reboot\n$/);
  });

  test('local: by the partition’s id first, then by file; always root, never exit', () => {
    const text = grubLocalConfig(uefi('1A2B-3C4D', '\\EFI\\mine\\x.efi'), 'own disk');
    const lines = text.split('\n');
    expect(lines[2]).toBe("if search --no-floppy --fs-uuid --set=root '1A2B-3C4D'; then");
    expect(lines[3]).toMatch(/^ {2}for loader in '\/EFI\/mine\/x\.efi' '\/EFI\/debian\/shimx64\.efi' .*'\/EFI\/BOOT\/BOOTX64\.EFI'; do$/);
    expect(lines[4]).toBe('    if chainloader ($root)"$loader"; then boot; fi');
    expect(text.indexOf('for place in')).toBeGreaterThan(text.indexOf('--fs-uuid'));
    expect(text).not.toMatch(/\bexit\b|--set=(?!root|1:root)/);
    expect(text).toMatch(/reboot\n$/);
  });

  test('local without anything known: by file only', () => {
    for (const local of [null, uefi(null, null), uefi("x'; reboot", '/EFI/../x')]) {
      const text = grubLocalConfig(local, 'own disk');
      expect(text).not.toContain('--fs-uuid');
      expect(text).toMatch(/for loader in .*'\/EFI\/Microsoft\/Boot\/bootmgfw\.efi' '\/EFI\/BOOT\/BOOTX64\.EFI'; do\n/);
    }
  });

  test('by file it looks at partitions alone, and passes over those that carry our own kernel’s stage 1', () => {
    const text = grubLocalConfig(null, 'own disk');
    // `search` would stop at the first volume, be it our stick or the image that GRUB itself came from.
    expect(text).not.toContain('search');
    expect(text).toContain(`  for place in (*,gpt*) (*,msdos*); do
    if [ -e "$place$loader" ]; then
      if [ ! -e "$place/stage1.img" ]; then
        regexp --set=1:root '^\\((.*)\\)$' "$place"
        if chainloader ($root)"$loader"; then boot; fi
`);
    // The kit puts that file on both of its volumes.
    const images = readFileSync(join(import.meta.dirname, '../../scripts/bootkit/images.ts'), 'utf8');
    expect(images).toContain(`path: '${bootPaths.stage1}'`);
  });

  test.each([
    ['\\EFI\\debian\\shimx64.efi', '/EFI/debian/shimx64.efi'],
    ['EFI/Red Hat/x.efi', '/EFI/Red Hat/x.efi'],
    ['//EFI/x.efi', '/EFI/x.efi'],
    ["/EFI/x'.efi", null],
    ['/EFI/$root', null],
    ['/EFI/../../x', null],
    ['/EFI/x\ny', null],
    ['', null],
  ])('loader path %j', (given, plain) => expect(plainLoaderPath(given)).toBe(plain));

  test('padding to the place in the image, and no more than it', () => {
    const padded = padConfig('abc\n', 8);
    expect(padded).toEqual({ ok: true, value: Buffer.from('abc\n\n\n\n\n') });
    expect(padConfig('x'.repeat(9), 8)).toMatchObject({ ok: false, failure: { code: 'boot.config-too-long' } });
    // The place that the kit reserves.
    for (const text of [
      grubLocalConfig(uefi('1A2B-3C4D', '/EFI/a/b.efi'), 'own disk'),
      grubAgentConfig({ kind: 'root' }, commandLine(words)),
    ])
      expect(padConfig(text, 4096).ok).toBe(true);
  });

  const grubCheck = ((): string | null => {
    try {
      execFileSync('grub-script-check', ['--version'], { stdio: 'ignore' });
      return null;
    } catch {
      return 'grub-script-check is not installed';
    }
  })();
  test.skipIf(grubCheck !== null)(`GRUB's own parser accepts every text${grubCheck === null ? '' : ` (${grubCheck})`}`, () => {
    const texts = [
      grubDispatcher(),
      grubAgentConfig({ kind: 'tftp', address: '10.77.0.1' }, commandLine(words)),
      grubAgentConfig({ kind: 'root' }, commandLine(words)),
      grubLocalConfig(uefi('1A2B-3C4D', '/EFI/debian/shimx64.efi'), "it's your own disk"),
      grubLocalConfig(null, 'own disk'),
    ];
    for (const input of texts) expect(() => execFileSync('grub-script-check', { input })).not.toThrow();
  });
});

describe('paths', () => {
  test.each([
    ['efi/shimx64.efi', 'efi/shimx64.efi'],
    ['/efi/shimx64.efi', 'efi/shimx64.efi'],
    ['//efi//shimx64.efi', 'efi/shimx64.efi'],
    ['\\efi\\shimx64.efi', 'efi/shimx64.efi'],
    ['./efi/./shimx64.efi', 'efi/shimx64.efi'],
    ['../efi', '../efi'],
    ['/', ''],
  ])('%s', (asked, path) => expect(normaliseBootPath(asked)).toBe(path));

  test.each([
    ['52:54:00:AB:01:01', '52:54:00:ab:01:01'],
    ['52-54-00-ab-01-01', '52:54:00:ab:01:01'],
    ['525400ab0101', '52:54:00:ab:01:01'],
    ['52:54:00:ab:01', null],
    ['52:54:00:ab:01:0g', null],
    ['525:400:ab0101', null],
    ['', null],
  ])('MAC %s', (text, mac) => expect(normaliseMac(text)).toBe(mac));

  test('the machine of a grub.cfg name', () => {
    expect(macOfGrubConfig('grub/m-52:54:00:ab:01:01.cfg')).toBe('52:54:00:ab:01:01');
    expect(macOfGrubConfig('grub/m-.cfg')).toBeNull();
    expect(macOfGrubConfig('grub/grub.cfg')).toBeNull();
  });
});
