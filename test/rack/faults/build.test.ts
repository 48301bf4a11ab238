// Builds that go wrong, on the software rack: a script that fails or makes nothing, a machine cut off, a station restarted, a person
// who stops it. Each ends in a named state, with nothing half stored, and trying again works.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MachineView } from '../../../preload/contract/views.ts';
import { asksToBuild, asksToDeploy, startBuildLab } from '../build-lab.ts';
import type { BuildLab } from '../build-lab.ts';
import { need } from '../rehearsal.ts';
import { PATIENCE_MS } from './lab.ts';

let lab: BuildLab;
beforeEach(async () => {
  lab = await startBuildLab();
});
afterEach(() => lab.stop());

describe.skipIf(process.platform === 'win32')('a build', () => {
  test('a script that fails is named with its last lines, asked about again, and holds the machine the second time', async () => {
    const calm = join(lab.folder, 'calm');
    await lab.recipe(`[ -e "${calm}" ] && exit 0\necho "no kernel here" >&2\nexit 7`);
    const one = await lab.machine();
    one.powerOn();
    const first = await asksToBuild(one);
    await lab.approve(first);
    const again = await one.is(
      'asking anew',
      ({ question }) => question?.kind === 'erase' && question !== first.question && question.consentHash !== hashOfQuestion(first),
    );
    expect(lab.jobsOf(again)).toMatchObject([{ state: 'failed', failure: { code: 'build.script-failed' } }]);
    expect(lab.jobsOf(again)[0]?.failure?.message).toMatch(/exit code 7\. It said last: .*no kernel here/);
    await lab.nothingStored();
    await lab.approve(again);
    const held = await one.reaches('failed');
    expect(held).toMatchObject({ question: { kind: 'refused' }, failure: { code: 'build.script-failed' } });
    expect(held.says).toContain('Held after two failed attempts');
    await lab.nothingStored();
    await lab.noFolders();

    await writeFile(calm, '');
    await need(lab.rehearsal.call('machines.retry', { machineId: held.id }));
    await lab.approve(await asksToBuild(one));
    expect(await one.ended()).toMatchObject({ endedBy: 'local-disk' });
    expect(await lab.images()).toHaveLength(1);
  });

  test('a machine that is cut off in the middle boots the network, says so, and asks anew; the other one builds meanwhile', async () => {
    const gate = join(lab.folder, 'gate');
    await lab.recipe(`while [ ! -e "${gate}" ]; do sleep 0.1; done`);
    const [one, other] = [await lab.machine(), await lab.machine()];
    one.powerOn();
    await lab.approve(await asksToBuild(one));
    await lab.rehearsal.until(
      () => lab.rehearsal.jobs().some(({ steps }) => steps.at(-1)?.step === 'script'),
      'at the script',
      PATIENCE_MS,
    );
    await one.powerOff();
    await lab.noFolders();
    one.powerOn();
    const asked = await asksToBuild(one);
    expect(lab.jobsOf(asked)).toMatchObject([{ state: 'failed', failure: { code: 'build.interrupted' } }]);
    await lab.nothingStored();
    await writeFile(gate, '');
    await lab.built(other);
    await lab.approve(await asksToDeploy(one));
    expect(await one.ended()).toMatchObject({ endedBy: 'local-disk' });
  });

  test('the station may be restarted in the middle: the script runs on, and the build ends well', async () => {
    const gate = join(lab.folder, 'gate');
    await lab.recipe(`while [ ! -e "${gate}" ]; do sleep 0.1; done`);
    const one = await lab.machine();
    one.powerOn();
    await lab.approve(await asksToBuild(one));
    await lab.rehearsal.until(
      () => lab.rehearsal.jobs().some(({ steps }) => steps.at(-1)?.step === 'script'),
      'at the script',
      PATIENCE_MS,
    );
    await lab.rehearsal.restart();
    await writeFile(gate, '');
    expect(await one.ended()).toMatchObject({ endedBy: 'local-disk' });
    expect(lab.jobsOf(one.view())).toMatchObject([{ kind: 'build', state: 'done' }]);
    expect(await lab.images()).toHaveLength(1);
    expect(await lab.runs()).toBe(1);
  });

  test('a person stops it: the script is ended with all that it started, and nothing is stored', async () => {
    await lab.recipe(`sleep 600 &\necho $! > "${join(lab.folder, 'pid')}"\nsleep 600`);
    const one = await lab.machine();
    one.powerOn();
    const job = await lab.approve(await asksToBuild(one));
    const pid = join(lab.folder, 'pid');
    await expect.poll(() => readFile(pid, 'utf8').catch(() => ''), { timeout: PATIENCE_MS }).not.toBe('');
    await need(lab.rehearsal.call('jobs.cancel', { jobId: job.id }));
    const held = await one.reaches('failed');
    expect(held).toMatchObject({ failure: { code: 'job.cancelled' } });
    const child = Number(await readFile(pid, 'utf8'));
    // A zombie runs no more; who inherits it may take its time to bury it.
    const state = async (): Promise<string> => (await readFile(`/proc/${child}/stat`, 'utf8').catch(() => ') X')).split(') ')[1]?.[0] ?? '';
    expect(['X', 'Z']).toContain(await state());
    await lab.nothingStored();
  });

  test('a script that leaves nothing that starts makes no image', async () => {
    await lab.recipe('dd if=/dev/zero of="$RACKSIDE_DISK" bs=1M count=1 conv=notrunc 2>/dev/null');
    const one = await lab.machine();
    one.powerOn();
    await lab.approve(await asksToBuild(one));
    await lab.heard('job.failed', /build\.nothing-built|table\./);
    await asksToBuild(one);
    await lab.nothingStored();
  });
});

const hashOfQuestion = ({ question }: MachineView): string => (question?.kind === 'erase' ? question.consentHash : '');
