// What kind of machine it is, from what its maker wrote (docs/facts.md, "Kinds of machine"). PURE. The first rule that fits decides;
// null where nothing tells.
import type { Dmi } from '../protocol/inventory.ts';

export const MACHINE_KINDS = ['virtual', 'blade', 'node', 'rack', 'tower', 'desktop', 'laptop', 'other'] as const;
export type MachineKind = (typeof MACHINE_KINDS)[number];

/** Maker and product of virtual machines. */
const VIRTUAL = [
  /\bqemu\b/i,
  /\bvmware\b/i,
  /virtualbox|innotek/i,
  /microsoft.*virtual machine/i,
  /\bxen\b/i,
  /amazon ec2(?!.*\.metal\b)/i, // that of `m5.metal` is a server of its own
  /\bhvm domu\b/i,
  /google compute engine/i,
  /\b(kvm|openstack|rhev|ovirt|bochs|bhyve|parallels|proxmox|nutanix ahv|alibaba cloud ecs|hetzner vserver|droplet)\b/i,
  /^red hat\b|^yandex (xeon|epyc)-|\b(scaleway scw-|exoscale\b)/i, // who sell no machines of their own under these names
  /\b(virtuozzo|kubevirt|oxvm|apple virtualization|cloud[ -]hypervisor|smartdc hvm|linode|vultr|upcloud|tencent cloud)\b/i,
];

/** A product's name; with its maker, where other makers have notebooks and desktop boards of such names. */
type Product = RegExp | { readonly maker: RegExp; readonly name: RegExp };

/** Products that live in a blade enclosure. */
const BLADES: readonly Product[] = [
  /\bproliant bl\d/i,
  /\bproliant (we|m)\d{3}\w* server cartridge/i,
  /\bsynergy \d/i,
  /\bintegrity bl\d/i,
  /\bpoweredge ((m|mx|fc|fm)\d|1(655mc|[89]55)\b)/i,
  /^(sbi|sba|sbe|mbi|mba)-/i,
  /\bbladecenter\b/i,
  /\bflex system\b.*\bcompute node/i,
  /\bthinksystem sn\d/i,
  /^(ucsb|ucsx)-|^n20-b\d/i,
  /^tecal [bcx]h\d/i,
  { maker: /huawei|xfusion/i, name: /^[bcx]h\d{3}/i },
  /\bprimergy bx\d/i,
  { maker: /inspur/i, name: /^nx\d{3}/i },
  /\bproliant e9\d\dt? server blade/i,
  { maker: /\bsun\b|oracle/i, name: /\bserver module\b|\bblade x\d/i },
  { maker: /\bnec\b/i, name: /\bexpress5800\/b\d/i },
  { maker: /hitachi/i, name: /\bbladesymphony\b|\bcompute blade\b/i },
  { maker: /\bh3c\b/i, name: /^(uniserver )?b\d{4}/i },
  { maker: /sugon|dawning/i, name: /^cb\d{2}-g/i },
  { maker: /\bbull\b|atos/i, name: /\bbullx (blade|b\d)/i },
  { maker: /\bintel\b/i, name: /^mfs(ys)?\d/i },
  { maker: /cisco/i, name: /^ucs-en?\d{3}|^ucsme-/i },
];

const SUPERMICRO_TWIN = /\b\d{3,4}[a-z]?(tp|tr|tg|tm|tk|tc|tw|bt|bz|tt|gt|ft|fr|mc|md|ml|mp|ms|ma|mr|mt)-/i;

/** Servers of which several share one chassis, each on its own tray or sled. */
const NODES: readonly Product[] = [
  /\bpoweredge c(5|6|8)\d{3}/i,
  /\bdss ?\d{4}/i,
  /^dcs8000/i,
  { maker: /huawei|xfusion/i, name: /^(tecal )?xa\d{3}/i },
  { maker: /\bdell\b/i, name: /^xs23-/i }, // of a C6100, as it was sold at first
  /\bproliant (sl|xl)\d/i,
  { maker: /supermicro/i, name: SUPERMICRO_TWIN },
  // Who sells them on puts an own name in the maker's place and leaves the product's as it was.
  new RegExp(`^(sys|as|ssg) ?-.*${SUPERMICRO_TWIN.source}`, 'i'),
  { maker: /supermicro/i, name: /^f\d{3}[a-z]/i },
  /^sys-f\d{3}[a-z]/i,
  /\bprimergy cx\d/i,
  /\bthinksystem s[dn]\d/i,
  /\bnextscale\b|\bidataplex\b/i,
  /^ucsc-c\d*k?4200|^ucs c125/i,
  { maker: /cisco/i, name: /^ucsc?-(c3k|s3260)/i },
  /\bquanta(plex|micro)\b/i,
  /\bpoweredge xr(4\d|86)\d\d[a-z]/i,
  { maker: /inspur/i, name: /^ns\d{4}/i },
  // Half-width boards of which four share a chassis.
  { maker: /\bintel\b/i, name: /^(hns\d{4}|s2[46]00(kp|tp|bp|jf|wp|lp))/i },
  { maker: /gigabyte|giga computing/i, name: /^h2\d\d-[a-z]\d\d/i },
  { maker: /asus/i, name: /^rs\d{3}q/i },
  { maker: /asrock ?rack/i, name: /^\du\d{1,2}n\b/i },
];

/** Supermicro names a board by where it goes; the product is often but `Super Server`, or the board's name once more. */
const BLADE_BOARD = /^bh?\d{1,2}[ds][a-z]/i;
/**
 * The last letter tells a twin's tray (X8DTT, X10DRT-P, H8DGT), the last two one of a FatTwin (X9DRFF, X11DPFR); with one processor
 * it is a MicroCloud's (X10SLD, X11SPD) or a twin's of AMD's (H12SST).
 */
const NODE_BOARD = /^([xh]\d{1,2}d[a-z]t|x\d{1,2}d[a-z]f[fr]|[xh]\d{1,2}s[a-z]d|h1\dsst)\b/i;

const isBoard = (dmi: Dmi, pattern: RegExp): boolean =>
  /supermicro/i.test(dmi.board.manufacturer ?? dmi.system.manufacturer ?? '') && pattern.test(dmi.board.product?.trim() ?? '');

/** Servers that stand on their own. Their chassis may say no more than that it is a server's. */
const TOWERS = [
  /\bprimergy (tx|mx)\d/i,
  /\bproliant (ml\d|microserver)/i,
  /\bpoweredge t\d/i,
  // Before there was a letter, round numbers stood on the floor: 1800, 840, SC440; the others, 1850 and SC1435, in racks.
  /\bpoweredge ([1-9]00|8[34]0|[1-9]\d00|sc4[2-4]0|sc1420)(sc)?\b/i,
  /\bthinksystem st\d/i,
  /\bthinkserver t[ds]\d/i,
];

/** By their height or use: SYS-1029U, SYS-6018R, AS -2014S, SSG-6049P. With a 5 or a 7 they may stand as well, and their chassis says nothing. */
const SUPERMICRO_RACK = /^(sys-([1268]\d{3}|4\d{3}g|[126]\d\d[a-z])|as ?-[12]\d{3}|ssg-)/i;

const BY_CHASSIS: Readonly<Record<string, MachineKind>> = {
  Blade: 'blade',
  'Blade Enclosing': 'blade',
  'Multi-system': 'node',
  'Rack Mount Chassis': 'rack',
  'Main Server Chassis': 'rack',
  'RAID Chassis': 'rack',
  'Expansion Chassis': 'rack',
  'Sub Chassis': 'rack',
  CompactPCI: 'blade',
  AdvancedTCA: 'blade',
  Tower: 'tower',
  'Mini Tower': 'tower',
  Desktop: 'desktop',
  'Low Profile Desktop': 'desktop',
  'Pizza Box': 'desktop',
  'All In One': 'desktop',
  'Space-saving': 'desktop',
  'Lunch Box': 'desktop',
  'Sealed-case PC': 'desktop',
  'Mini PC': 'desktop',
  'Stick PC': 'desktop',
  'Embedded PC': 'desktop',
  'IoT Gateway': 'desktop',
  Portable: 'laptop',
  Laptop: 'laptop',
  Notebook: 'laptop',
  'Sub Notebook': 'laptop',
  'Hand Held': 'laptop',
  Tablet: 'laptop',
  Convertible: 'laptop',
  Detachable: 'laptop',
};

/** `hasSlot`: one of the places where makers write a slot held one (blade.ts). */
export const machineKind = (dmi: Dmi, hasSlot: boolean): MachineKind | null => {
  const { manufacturer, product, family } = dmi.system;
  const maker = `${manufacturer ?? ''} ${product ?? ''}`;
  // Its first versions named nothing but their firmware.
  if (VIRTUAL.some((pattern) => pattern.test(maker)) || /^(qemu|bochs)$/i.test(dmi.bios.vendor?.trim() ?? '')) return 'virtual';
  const name = (product ?? '').trim();
  const makers = `${manufacturer ?? ''} ${dmi.board.manufacturer ?? ''}`;
  const isOneOf = (products: readonly Product[]): boolean =>
    products.some((one) => (one instanceof RegExp ? one.test(name) : one.maker.test(makers) && one.name.test(name)));
  const byChassis = BY_CHASSIS[dmi.chassis.type ?? ''] ?? null;
  // Rack servers have boards that call themselves blades: the chassis knows better.
  const isBladeBoard = byChassis === null && dmi.board.kind === 'Server Blade';
  if (byChassis === 'blade' || isBladeBoard || isOneOf(BLADES)) return 'blade';
  if (isBoard(dmi, BLADE_BOARD)) return 'blade';
  if (byChassis === 'node' || hasSlot || isOneOf(NODES) || isBoard(dmi, NODE_BOARD)) return 'node';
  const isAnyServer = byChassis === null || dmi.chassis.type === 'Main Server Chassis';
  if (isAnyServer && TOWERS.some((pattern) => pattern.test(name))) return 'tower';
  if (dmi.hasBattery === true && (byChassis === null || dmi.chassis.type === 'Desktop')) return 'laptop';
  if (byChassis !== null) return byChassis;
  if (/\b(thinkserver|proliant|poweredge r|primergy rx|system x\d)/i.test(`${name} ${family ?? ''}`)) return 'rack';
  if (/supermicro/i.test(makers) && SUPERMICRO_RACK.test(name)) return 'rack';
  return dmi.chassis.type === 'Other' ? 'other' : null;
};
