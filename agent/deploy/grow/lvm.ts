// Growing LVM in the partition of the ordered disk: the physical volume, one logical volume, and the filesystem in it. Every command
// sees this one device and no other (`--devices`), so a volume group of the same name on another disk is never read, let alone touched.
import { z } from 'zod';
import type { Tools } from '../../disk/tools.ts';
import type { Grower, Grown } from './types.ts';
import { TOOL_TIMEOUT_MS, lastLine } from './types.ts';

/** No udev here: LVM makes its own nodes. Nothing is written but to the device itself. */
const CONFIG = 'activation{udev_sync=0 udev_rules=0} backup{backup=0 archive=0} global{use_lvmpolld=0} activation{monitoring=0}';

const volumeSchema = z.object({
  lv_name: z.string(),
  vg_name: z.string(),
  lv_layout: z.string(),
  vg_missing_pv_count: z.string(),
  pv_count: z.string(),
});
const reportSchema = z.object({ report: z.array(z.object({ lv: z.array(volumeSchema) })) });

/** `wanted` is `GROUP/VOLUME`, or null for the only one that holds a filesystem that grows. `growInside` grows what is in a volume. */
export const growLvm =
  (wanted: string | null, identify: (path: string) => Promise<string | null>, growInside: (kind: string) => Grower | undefined): Grower =>
  async (path, tools) => {
    const lvm = (command: string, ...args: readonly string[]) =>
      tools.run('lvm', [command, '--config', CONFIG, '--devices', path, ...args], { timeoutMs: TOOL_TIMEOUT_MS });
    await tools.run('modprobe', ['dm-mod']);
    const listed = await lvm('lvs', '--reportformat', 'json', '-o', 'lv_name,vg_name,lv_layout,vg_missing_pv_count,pv_count');
    if (listed.code === 127) return { kind: 'not', why: 'lvm is not available here' };
    if (listed.code !== 0) return { kind: 'not', why: `its volume group could not be read (${lastLine(listed.stderr)})` };
    const volumes = volumesOf(listed.stdout);
    if (volumes === null) return { kind: 'not', why: 'its volume group could not be read' };
    if (volumes.some(({ vg_missing_pv_count: missing, pv_count: count }) => missing !== '0' || count !== '1'))
      return { kind: 'not', why: 'its volume group has other physical volumes too, on this disk or another' };
    const resized = await lvm('pvresize', path);
    if (resized.code !== 0) return { kind: 'failed', program: 'pvresize', output: resized.stderr };
    const group = volumes[0]?.vg_name;
    if (group === undefined) return { kind: 'grown', says: 'its physical volume fills it' };
    const names = volumes.flatMap(({ lv_name: name, lv_layout: layout }) => (layout === 'linear' ? [name] : []));
    const done = await growVolume({ lvm, tools, group, names, wanted, identify, growInside });
    const closed = await lvm('vgchange', '-an', group);
    return closed.code === 0 || done.kind === 'failed' ? done : { kind: 'failed', program: 'vgchange', output: closed.stderr };
  };

const growVolume = async (job: {
  readonly lvm: (command: string, ...args: readonly string[]) => ReturnType<Tools['run']>;
  readonly tools: Tools;
  readonly group: string;
  /** Of its linear volumes. */
  readonly names: readonly string[];
  readonly wanted: string | null;
  readonly identify: (path: string) => Promise<string | null>;
  readonly growInside: (kind: string) => Grower | undefined;
}): Promise<Grown> => {
  const { lvm, tools, group, names, wanted, identify, growInside } = job;
  const found: { readonly name: string; readonly node: string; readonly grow: Grower }[] = [];
  for (const name of names) {
    const active = await lvm('lvchange', '-ay', `${group}/${name}`);
    if (active.code !== 0) return { kind: 'not', why: `volume ${group}/${name} could not be activated (${lastLine(active.stderr)})` };
    const node = mapperNode(group, name);
    const grow = growInside((await identify(node)) ?? '');
    if (grow !== undefined) found.push({ name, node, grow });
  }
  const chosen = wanted === null ? found : found.filter(({ name }) => `${group}/${name}` === wanted);
  const [one] = chosen;
  const list = names.map((name) => `${group}/${name}`).join(', ');
  if (one === undefined || chosen.length > 1) {
    const why =
      wanted === null
        ? `which volume is to have the room was not said (${list})`
        : `${wanted} is not among its volumes that grow (${list})`;
    return { kind: 'grown', says: `its physical volume fills it; ${why}` };
  }
  const extended = await lvm('lvextend', '-l', '+100%FREE', `${group}/${one.name}`);
  // LVM ends so when there is nothing to add, which is no failure where an earlier attempt has added it.
  const isFull =
    extended.code !== 0 && /matches existing size|not changed|Insufficient free space/i.test(extended.stderr + extended.stdout);
  if (extended.code !== 0 && !isFull) return { kind: 'failed', program: 'lvextend', output: extended.stderr };
  const inside = await one.grow(one.node, tools);
  if (inside.kind !== 'grown') return inside;
  return { kind: 'grown', says: `volume ${group}/${one.name} and its filesystem fill it` };
};

const volumesOf = (json: string): readonly z.infer<typeof volumeSchema>[] | null => {
  try {
    return reportSchema.parse(JSON.parse(json)).report.flatMap(({ lv }) => lv);
  } catch {
    return null;
  }
};

/** dm names double each hyphen of the parts that a single one joins. */
export const mapperNode = (group: string, volume: string): string =>
  `/dev/mapper/${group.replaceAll('-', '--')}-${volume.replaceAll('-', '--')}`;
