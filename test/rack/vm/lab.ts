// `npm run lab`: the full matrix on virtual machines with real firmware, one case after the other. Names of cases as arguments run only
// those; `--list` names them all.
import { runBootkit } from './kit.ts';
import { findAccelerator } from './accelerator.ts';
import { CAPTURE_CASES } from './cases/capture.ts';
import { COMMAND_CASES } from './cases/command.ts';
import { COMPOSE_CASES } from './cases/compose.ts';
import { CONSOLE_CASES } from './cases/console.ts';
import { DECISION_CASES } from './cases/decisions.ts';
import { FIRMWARE_CASES } from './cases/firmware.ts';
import { IMAGE_INSTALLER_CASES } from './cases/image-installer.ts';
import { INSTALLER_CASES } from './cases/installer.ts';
import { secondsSince } from './cases/journey-case.ts';
import { NEUTRALISE_CASES } from './cases/neutralise.ts';
import { POWER_CUT_CASES } from './cases/power-cuts.ts';
import { SECURE_BOOT_CASES } from './cases/secure-boot.ts';
import { SETTINGS_CASES } from './cases/settings.ts';
import type { Case } from './cases/journey-case.ts';
import { startLabStation } from './lab-station.ts';

const CASES: readonly Case[] = [
  ...FIRMWARE_CASES,
  ...CAPTURE_CASES,
  ...NEUTRALISE_CASES,
  ...DECISION_CASES,
  ...COMPOSE_CASES,
  ...CONSOLE_CASES,
  ...COMMAND_CASES,
  ...POWER_CUT_CASES,
  ...SECURE_BOOT_CASES,
  ...SETTINGS_CASES,
  ...IMAGE_INSTALLER_CASES,
  ...INSTALLER_CASES,
];

const list = (): string => CASES.map(({ name, about }) => `  ${name.padEnd(22)}${about}`).join('\n');

const main = async (): Promise<number> => {
  const wanted = process.argv.slice(2);
  if (wanted.some((word) => word === '--list' || word === '--help')) {
    console.log(`npm run lab [-- NAME …]    all cases, or those named:\n${list()}`);
    return 0;
  }
  const strange = wanted.filter((name) => !CASES.some((one) => one.name === name));
  if (strange.length > 0) {
    console.error(`lab: no case is called ${strange.join(', ')}; there are\n${list()}`);
    return 2;
  }
  console.log(`lab: ${findAccelerator() === 'kvm' ? 'KVM' : 'software emulation (KVM is absent or does not run guests)'}`);
  runBootkit(['--usb']);
  let failures = 0;
  for (const { name, mode, run } of CASES) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const startedAtMs = Date.now();
    const station = await startLabStation(`lab-${name}`, mode);
    try {
      const outcome = await run(station);
      console.log(`lab: ${name}: passed in ${secondsSince(startedAtMs)}: ${outcome}`);
    } catch (error) {
      failures += 1;
      console.log(`lab: ${name}: FAILED after ${secondsSince(startedAtMs)}: ${error instanceof Error ? error.message : String(error)}`);
      console.log(station.evidence());
    } finally {
      await station.dispose();
    }
  }
  console.log(`lab: ${failures === 0 ? 'all passed' : `${failures} failed`}`);
  return failures === 0 ? 0 : 1;
};

process.exit(await main());
