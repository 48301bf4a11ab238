// Nothing fits, and a vendor's own installer builds: Debian's, with the answers of the sample recipe, from power-on to the login prompt of
// what it installed.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApt } from '../../../../scripts/bootkit/apt.ts';
import { REPOSITORY } from '../../../../scripts/bootkit/options.ts';
import type { Case } from './journey-case.ts';
import { expectThat, secondsSince } from './journey-case.ts';
import { minutes } from '../accelerator.ts';
import { blankDisk } from '../disk-files.ts';
import { approve, jobDone, LOGIN, powerOn } from '../journey.ts';
import type { LabStation } from '../lab-station.ts';
import type { VmFirmware } from '../machine.ts';
import { usableRelease } from '../installer-release.ts';
import type { InstallerRelease } from '../installer-release.ts';
import { startMirror } from '../mirror.ts';
import type { Mirror } from '../mirror.ts';
import { addRecipe, imagesOf } from './decisions.ts';

const RECIPE = 'debian-installer';

/** Folder with `linux` and `initrd.gz` of Debian's installer, fetched once. */
const installerFiles = async (mirror: string, { number, suite }: InstallerRelease): Promise<string> => {
  const name = `debian-installer-${number}-netboot-amd64`;
  const kept = join(REPOSITORY, '.cache/test-image', name);
  const inside = join(kept, `usr/lib/debian-installer/images/${number}/amd64/text/debian-installer/amd64`);
  if (existsSync(kept)) return inside;
  const folder = join(REPOSITORY, '.cache/test-image', `${name}-apt`);
  const apt = await openApt({ folder, archives: [{ mirror, suite }], components: ['main'], architecture: 'amd64' });
  await apt.update();
  const found = (await apt.resolve([name])).filter((one) => one.name === name);
  await apt.download(found, folder);
  const half = `${kept}.new`;
  rmSync(half, { recursive: true, force: true });
  execFileSync('dpkg-deb', ['-x', join(folder, `${found[0]?.sha256 ?? ''}.deb`), half]);
  renameSync(half, kept);
  return inside;
};

/** The sample recipe as a technician fills it in: kernel and initrd beside it, and the mirror that the machines reach. */
const recipeFolder = async (station: LabStation, mirror: Mirror, release: InstallerRelease): Promise<string> => {
  const folder = join(station.folder, RECIPE);
  const files = await installerFiles(mirror.origin, release);
  cpSync(join(REPOSITORY, 'assets/recipes', RECIPE), folder, { recursive: true });
  for (const name of ['linux', 'initrd.gz']) cpSync(join(files, name), join(folder, name), { dereference: true });
  const answers = join(folder, 'preseed.cfg');
  const text = readFileSync(answers, 'utf8')
    .replace(/^(d-i mirror\/http\/hostname string) .*$/m, `$1 ${mirror.host}`)
    .replace(/^(d-i mirror\/http\/directory string) .*$/m, `$1 ${mirror.folder}`);
  writeFileSync(answers, text);
  const recipePath = join(folder, 'recipe.json');
  const recipe = JSON.parse(readFileSync(recipePath, 'utf8')) as object;
  // Emulation takes a multiple of what a machine takes.
  writeFileSync(recipePath, JSON.stringify({ ...recipe, timeLimitMinutes: 240 }));
  return folder;
};

const installs = async (station: LabStation, firmware: VmFirmware, number: number): Promise<string> => {
  const startedAtMs = Date.now();
  const mirror = await startMirror(station);
  try {
    const release = await usableRelease(mirror.origin);
    await addRecipe(station, await recipeFolder(station, mirror, release), RECIPE);
    const diskPath = join(station.folder, 'disk.raw');
    blankDisk(diskPath, 6 * 1024 ** 3);
    const vm = powerOn(station, { number, firmware, memoryMb: 2048, disks: [{ path: diskPath, serial: 'TARGET' }] });
    try {
      const { job } = await approve(station, vm, 'TARGET', ({ recipe }) => recipe?.id === RECIPE);
      const { captured } = await jobDone(station, vm, job, minutes(60));
      const installedAfter = secondsSince(startedAtMs);
      expectThat(mirror.paths.length > 100, 'the installer took nothing from the mirror');
      const images = await imagesOf(station);
      expectThat(images.length === 1 && images[0]?.osoid === captured?.osoid, 'there is not the one image of what was installed');
      await vm.line(LOGIN, minutes(10));
      return `Debian ${release.number} installed and captured after ${installedAfter}, login prompt after ${secondsSince(startedAtMs)}`;
    } finally {
      await vm.powerOff();
    }
  } finally {
    await mirror.stop();
  }
};

export const INSTALLER_CASES: readonly Case[] = (['bios', 'uefi', 'secureboot'] as const).map((firmware, index) => ({
  name: `installer-${firmware}`,
  about: `no image: Debian's own installer with a preseed, captured when it comes back: ${firmware}`,
  run: (station) => installs(station, firmware, 81 + index),
}));
