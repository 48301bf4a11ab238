// A small image with a real ext4 where mke2fs is there, and the independent judges of a deployed disk: sgdisk and e2fsck. Without
// the tools the demo's own image serves and the judges say so by name.
import { spawnSync } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { hasProgram } from '../../scripts/host.ts';
import { writeDemoImage } from './demo-image.ts';

const MIB = 1024 * 1024;
/** Where demo-image.ts puts the root partition. */
const ROOT_START = 18 * MIB;

export type RealImage = { readonly path: string; readonly sizeBytes: number; readonly hasExt4: boolean };

export const makeRealImage = async (path: string, options: { readonly rootBytes: number }): Promise<RealImage> => {
  const { rootBytes } = options;
  const { sizeBytes } = await writeDemoImage(path, { contentBytes: 0, seed: 21, rootBytes });
  if (!hasProgram('mke2fs')) return { path, sizeBytes, hasExt4: false };
  const filesystem = `${path}.ext4`;
  const made = spawnSync(
    'mke2fs',
    [
      '-q',
      '-t',
      'ext4',
      '-d',
      import.meta.dirname,
      '-U',
      '52414b53-0000-4000-8000-000000000021',
      '-E',
      'root_owner=0:0',
      filesystem,
      `${rootBytes / 1024}k`,
    ],
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`mke2fs: ${made.stderr}`);
  const [from, to] = await Promise.all([open(filesystem, 'r'), open(path, 'r+')]);
  try {
    const step = Buffer.alloc(MIB);
    for (let at = 0; at < rootBytes; at += MIB) {
      const { bytesRead } = await from.read(step, 0, Math.min(MIB, rootBytes - at), at);
      await to.write(step, 0, bytesRead, ROOT_START + at);
    }
  } finally {
    await from.close();
    await to.close();
    await rm(filesystem);
  }
  return { path, sizeBytes, hasExt4: true };
};

/** What sgdisk and e2fsck have against a disk; empty when they are content. */
export const checkWithRealTools = (diskPath: string, image: RealImage): readonly string[] => {
  const complaints: string[] = [];
  if (hasProgram('sgdisk')) {
    const verified = spawnSync('sgdisk', ['-v', diskPath], { encoding: 'utf8' });
    if (!verified.stdout.includes('No problems found')) complaints.push(`sgdisk: ${verified.stdout}`);
  }
  if (image.hasExt4 && hasProgram('e2fsck')) {
    const checked = spawnSync('e2fsck', ['-fn', `${diskPath}?offset=${ROOT_START}`], { encoding: 'utf8' });
    if (checked.status !== 0) complaints.push(`e2fsck: ${checked.stdout}${checked.stderr}`);
  }
  return complaints;
};
