// What the tests of builds share: a lab whose machines run scripts in the real /bin/sh, and the sample recipe with a demo image as its
// payload.
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { systemScripts } from '../../agent/build/script-host.ts';
import type { ImageView, JobView, MachineView } from '../../preload/contract/views.ts';
import { filesIn, startLab } from './faults/lab.ts';
import type { LabMachine, MachineWish } from './faults/lab.ts';
import { need } from './rehearsal.ts';

const SAMPLE = join(import.meta.dirname, '../../assets/recipes/raw-image');

export const BUILD_POLICY = {
  name: 'build',
  rank: 10,
  when: { all: [] },
  outcome: { kind: 'build' as const, recipe: 'raw-image' },
  consent: 'ask' as const,
};

export const asksToBuild = (one: LabMachine): Promise<MachineView> =>
  one.is('asking to build', ({ question }) => question?.kind === 'erase' && question.recipe?.id === 'raw-image');
export const asksToDeploy = (one: LabMachine): Promise<MachineView> =>
  one.is('asking to deploy', ({ question }) => question?.kind === 'erase' && question.recipe === undefined);

export const startBuildLab = async () => {
  const lab = await startLab();
  const images = (): Promise<readonly ImageView[]> => need(lab.rehearsal.call('images.list', {}));
  const approve = (view: MachineView): Promise<JobView> => need(lab.rehearsal.approve(view));
  return {
    ...lab,
    images,
    approve,
    machine: (wish: MachineWish = {}): Promise<LabMachine> =>
      lab.machine({
        ...wish,
        wrapEnvironment: (environment) => ({ ...environment, scripts: systemScripts({ folder: lab.folder, isolate: false }) }),
      }),
    /** The recipe, whose script says in a file that it ran, and a policy that builds by it. `more` is shell. */
    recipe: async (more = ''): Promise<void> => {
      const folder = join(lab.folder, 'recipe');
      await rm(folder, { recursive: true, force: true });
      await cp(SAMPLE, folder, { recursive: true });
      await writeFile(join(folder, 'disk.raw.gz'), gzipSync(await readFile(await lab.imageFile()), { level: 1 }));
      const script = await readFile(join(folder, 'install.sh'), 'utf8');
      await writeFile(join(folder, 'install.sh'), `${script}\necho run >> "${join(lab.folder, 'runs')}"\n${more}\n`);
      await need(lab.rehearsal.call('recipes.add', { path: folder }));
      await need(lab.rehearsal.call('policies.add', { policy: BUILD_POLICY }));
    },
    runs: async (): Promise<number> => (await readFile(join(lab.folder, 'runs'), 'utf8').catch(() => '')).split('\n').length - 1,
    jobsOf: ({ id }: MachineView): readonly JobView[] => lab.rehearsal.jobs().filter(({ machineId }) => machineId === id),
    built: async (one: LabMachine): Promise<void> => {
      one.powerOn();
      await approve(await asksToBuild(one));
      expect(await one.ended()).toMatchObject({ endedBy: 'local-disk' });
    },
    /** Nothing of an image, and no file on its way. */
    nothingStored: async (): Promise<void> => {
      expect(await images()).toEqual([]);
      const files = await filesIn(join(lab.folder, 'library'));
      expect(files.filter((name) => name.startsWith('images/') || name.endsWith('.part'))).toEqual([]);
    },
    /** No script's folder is left behind. */
    noFolders: async (): Promise<void> => expect((await filesIn(lab.folder)).filter((name) => name.startsWith('build-'))).toEqual([]),
  };
};
export type BuildLab = Awaited<ReturnType<typeof startBuildLab>>;
