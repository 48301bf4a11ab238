// Images that are built where Secure Boot is on: what claims to be signed starts, and what is not is refused by name before it is an image.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { minutes } from '../accelerator.ts';
import { blankDisk } from '../disk-files.ts';
import { approve, jobDone, LOGIN, powerOn } from '../journey.ts';
import type { LabStation } from '../lab-station.ts';
import { addRecipe, imagesOf } from './decisions.ts';
import { expectThat } from './journey-case.ts';
import type { Case } from './journey-case.ts';
import { recipeFolder } from './recipe-folder.ts';

const builtByDebianRootfs = async (station: LabStation): Promise<string> => {
  const folder = await recipeFolder('debian-rootfs', station.folder);
  const recipePath = join(folder, 'recipe.json');
  const script = join(folder, 'install.sh');
  const [signed, recipe] = [readFileSync(script, 'utf8'), readFileSync(recipePath, 'utf8')];
  // The same, as if the root filesystem held no signed GRUB.
  writeFileSync(script, signed.replace(/^echo "installing GRUB/m, 'rm -r target/usr/lib/grub/x86_64-efi-signed\n$&'));
  await addRecipe(station, folder, 'debian-rootfs');
  const diskPath = join(station.folder, 'disk.raw');
  blankDisk(diskPath, 3 * 1024 ** 3);
  const vm = powerOn(station, { number: 71, firmware: 'secureboot', memoryMb: 3072, disks: [{ path: diskPath, serial: 'TARGET' }] });
  try {
    const unsigned = await approve(station, vm, 'TARGET');
    const refused = await jobDone(station, vm, unsigned.job, minutes(15)).then(
      () => 'it was built',
      (error: unknown) => String(error),
    );
    expectThat(refused.includes('build.secure-boot-untrusted'), `an unsigned loader: ${refused}`);
    expectThat((await imagesOf(station)).length === 0, 'an image is there that the machine could not start');

    const version = (JSON.parse(recipe) as { readonly version: number }).version + 1;
    writeFileSync(recipePath, JSON.stringify({ ...(JSON.parse(recipe) as object), version }));
    writeFileSync(script, signed);
    await station.rackside('recipes', 'add', folder);
    await station.rackside('retry', unsigned.machineId);
    const { job } = await approve(station, vm, 'TARGET', (question) => question.recipe?.version === version);
    await jobDone(station, vm, job, minutes(15));
    expectThat((await imagesOf(station))[0]?.secureBootTrusted === true, 'the image does not say that it is signed for Secure Boot');
    await vm.line(LOGIN, minutes(10));
    return 'unsigned loaders refused by name; signed ones start to the login prompt';
  } finally {
    await vm.powerOff();
  }
};

export const SECURE_BOOT_CASES: readonly Case[] = [
  { name: 'secureboot-debian', about: 'debian-rootfs with Secure Boot on, signed and unsigned', run: builtByDebianRootfs },
];
