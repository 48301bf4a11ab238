// The command line of `npm run bootkit`.
import { parseArgs } from 'node:util';
import { join, resolve } from 'node:path';

import { stopBuild } from './run.ts';

export const REPOSITORY = resolve(import.meta.dirname, '../..');

export type BuildOptions = {
  readonly mirror: string | undefined;
  readonly securityMirror: string | undefined;
  readonly updateLock: boolean;
  /** A ready-made agent instead of the one bundled from agent/index.ts. */
  readonly agentFile: string | undefined;
  /** A person's own firmware files, laid out as /lib/firmware. */
  readonly firmwareFolder: string | undefined;
  readonly usb: boolean;
  readonly outputFolder: string;
  readonly cacheFolder: string;
  readonly compressionLevel: number;
  readonly checkReproducible: boolean;
};

export const USAGE = `npm run bootkit -- [options]      builds assets/bootkit from Debian packages
  --usb                      also write usb.img, the boot stick
  --mirror URL               Debian mirror (default: the one this computer uses)
  --security-mirror URL      mirror of Debian's security updates (default: the one this computer uses)
  --update-lock              take the newest packages and write scripts/bootkit/lock.json
  --firmware FOLDER          add firmware files laid out as /lib/firmware, such as FOLDER/netronome/nic_….nffw
  --agent FILE               put this file in as agent instead of bundling agent/index.ts
  --output FOLDER            default assets/bootkit
  --compression-level N      zstd level of stage 2's base, 1 to 22 (default 15)
  --check-reproducible       build everything twice from the same packages and compare
`;

/** Reads the command line; stops with `bootkit.usage` on anything it does not know. */
export const readOptions = (args: readonly string[]): BuildOptions | 'help' => {
  const parse = () =>
    parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        usb: { type: 'boolean', default: false },
        mirror: { type: 'string' },
        'security-mirror': { type: 'string' },
        'update-lock': { type: 'boolean', default: false },
        firmware: { type: 'string' },
        agent: { type: 'string' },
        output: { type: 'string' },
        'compression-level': { type: 'string', default: '15' },
        'check-reproducible': { type: 'boolean', default: false },
      },
    }).values;
  let values: ReturnType<typeof parse>;
  try {
    values = parse();
  } catch (error) {
    return stopBuild('bootkit.usage', error instanceof Error ? error.message : String(error), `Options are:\n${USAGE}`);
  }
  if (values.help) return 'help';
  const compressionLevel = Number(values['compression-level']);
  if (!Number.isInteger(compressionLevel) || compressionLevel < 1 || compressionLevel > 22) {
    stopBuild('bootkit.usage', `${values['compression-level']} is no zstd level.`, 'Give a whole number from 1 to 22.');
  }
  return {
    mirror: values.mirror,
    securityMirror: values['security-mirror'],
    updateLock: values['update-lock'],
    agentFile: values.agent === undefined ? undefined : resolve(values.agent),
    firmwareFolder: values.firmware === undefined ? undefined : resolve(values.firmware),
    usb: values.usb,
    outputFolder: values.output === undefined ? join(REPOSITORY, 'assets/bootkit') : resolve(values.output),
    cacheFolder: join(REPOSITORY, '.cache/bootkit'),
    compressionLevel,
    checkReproducible: values['check-reproducible'],
  };
};
