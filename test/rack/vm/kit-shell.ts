// Runs a shell script in the boot kit's own Linux on a virtual machine: what makes and judges disks needs drivers that this computer's
// kernel may lack (device-mapper, vfat, exFAT), and the rights to mount. No agent and no network; the kernel is started directly.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCpio } from '../../../scripts/bootkit/cpio.ts';
import { findAccelerator, MACHINE, minutes, processors } from './accelerator.ts';
import { kitModule, SCRIPT_START, VIRTIO_BLK } from './kit-module.ts';

/** One that is read only may be another machine's that stands still. */
export type KitDisk = { readonly path: string; readonly readOnly: boolean };

export type KitScript = {
  /** For bash (BusyBox's sh prefers its own tools to Debian's), run as root. The disks are /dev/vdd, /dev/vde …; files lie in the current folder. */
  readonly text: string;
  readonly disks: readonly KitDisk[];
  /** A tar archive that is unpacked into the script's folder. */
  readonly tar?: string;
  readonly timeoutMs?: number;
};

const KIT = join(import.meta.dirname, '../../../assets/bootkit');
/** Room for what the script says. */
const ANSWER_BYTES = 64 * 1024 * 1024;
const END = '\n--- exit code ';

const INIT = `${SCRIPT_START}modprobe -a -q virtio_pci squashfs overlay
insmod /virtio_blk.ko
mount -t tmpfs tmpfs /run
mkdir -p /run/base /run/upper /run/work
until [ -b /dev/vda ]; do usleep 100000; done
mount -t squashfs -o ro /dev/vda /run/base
mount -t overlay -o lowerdir=/run/base,upperdir=/run/upper,workdir=/run/work overlay /new
for folder in proc sys dev; do mount --move /$folder /new/$folder; done
mkdir -p /new/tmp/script
tar -xf /new/dev/vdb -C /new/tmp/script
chroot /new /bin/bash -c 'cd /tmp/script && bash ./script.sh' >/run/answer 2>&1
echo "${END.trim()} $?" >>/run/answer
dd if=/run/answer of=/new/dev/vdc bs=1M conv=sync 2>/dev/null
sync
/usr/bin/busybox poweroff -f
`;

/** What the script printed. Throws with it when the script fails. */
export const runInKit = async (script: KitScript): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'rackside-kit-shell-'));
  const [initrd, job, answer] = ['initrd', 'job.tar', 'answer'].map((name) => join(folder, name)) as [string, string, string];
  try {
    writeFileSync(initrd, Buffer.concat([await initPart(), readFileSync(join(KIT, 'stage1.img'))]));
    writeFileSync(join(folder, 'script.sh'), `set -e\n${script.text}`);
    if (script.tar === undefined) execFileSync('tar', ['-cf', job, '-C', folder, 'script.sh']);
    else {
      execFileSync('cp', [script.tar, job]);
      execFileSync('tar', ['-rf', job, '-C', folder, 'script.sh']);
    }
    writeFileSync(answer, '');
    truncateSync(answer, ANSWER_BYTES);
    const disks: readonly KitDisk[] = [
      { path: join(KIT, 'stage2.squashfs'), readOnly: true },
      { path: job, readOnly: true },
      { path: answer, readOnly: false },
      ...script.disks,
    ];
    const console = await runMachine(initrd, disks, script.timeoutMs ?? minutes(5));
    const [said = '', code] = readFileSync(answer, 'utf8').replaceAll('\0', '').split(END.trimStart());
    if (code?.trim() !== '0')
      throw new Error(
        `the script in the kit's Linux ended with ${code?.trim() ?? 'nothing'}:\n${said.slice(-4000)}\n${console.slice(-1500)}`,
      );
    return said;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

let made: Promise<Buffer> | undefined;
const initPart = (): Promise<Buffer> => (made ??= makeInitPart());

/** Goes before stage 1: its own start, by another name, and the one driver that stage 1 has no use for. */
const makeInitPart = async (): Promise<Buffer> => {
  const module = await kitModule(VIRTIO_BLK);
  return writeCpio(
    [
      { kind: 'file', path: 'kit-shell', data: Buffer.from(INIT), executable: true },
      { kind: 'file', path: 'virtio_blk.ko', data: module, executable: false },
    ],
    0,
  );
};

/** Resolves with its console when the machine has switched itself off. */
const runMachine = (initrd: string, disks: readonly KitDisk[], timeoutMs: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const accelerator = findAccelerator();
    const child = spawn('qemu-system-x86_64', [
      ...['-accel', accelerator, ...MACHINE, ...processors(accelerator), '-m', '1536', '-nic', 'none', '-no-reboot'],
      ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
      // On a busy computer an emulated timer may miss the ticks by which Linux would judge its wiring.
      ...['-kernel', join(KIT, 'vmlinuz'), '-initrd', initrd, '-append', 'rdinit=/kit-shell console=ttyS0 quiet panic=-1 no_timer_check'],
      ...disks.flatMap(({ path, readOnly }) => [
        '-drive',
        `if=virtio,format=raw,cache=unsafe,discard=unmap,file=${path}${readOnly ? ',readonly=on,file.locking=off' : ''}`,
      ]),
    ]);
    let text = '';
    const take = (data: Buffer): void => void (text += data.toString('utf8'));
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
