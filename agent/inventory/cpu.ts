// Processors from /proc/cpuinfo and the CPU topology folder (Linux Documentation/admin-guide/cputopology.rst).
import type { Inventory } from '../protocol/inventory.ts';
import type { HardwareSource } from './source.ts';

export type CpuReading = NonNullable<Inventory['cpu']>;

type Block = Readonly<Record<string, string>>;

/** /proc/cpuinfo as one record per logical processor, keys as the kernel writes them. */
const blocksOf = (text: string): readonly Block[] =>
  text
    .split(/\n\s*\n/)
    .map((paragraph) => {
      const block: Record<string, string> = {};
      for (const line of paragraph.split('\n')) {
        const colon = line.indexOf(':');
        if (colon > 0) block[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
      }
      return block;
    })
    .filter((block) => block['processor'] !== undefined);

const signatureOf = (block: Block): string | null => {
  const { 'cpu family': family, model, stepping } = block;
  if (family !== undefined && model !== undefined) return `${family}-${model}-${stepping ?? '0'}`;
  const part = block['CPU part'];
  return part === undefined ? null : `${block['CPU implementer'] ?? '?'}-${part}-${block['CPU revision'] ?? '0'}`;
};

const ARM_IMPLEMENTERS: Readonly<Record<string, string>> = { '0x41': 'ARM', '0x48': 'HiSilicon', '0x51': 'Qualcomm', '0xc0': 'Ampere' };

/** Of one package. Where it holds several dies, older kernels number the cores of each from 0 on: their count is told beside. */
const coresIn = (threads: readonly Block[]): number => {
  const numbers = new Set(threads.map((block) => block['core id'] ?? `t${block['processor']}`));
  return Math.max(numbers.size, Math.min(Number(threads[0]?.['cpu cores'] ?? '0') || 0, threads.length));
};

/** Parsed /proc/cpuinfo. A kernel that says nothing of packages and cores counts as one package, one core a thread. */
export const parseCpuinfo = (text: string, architecture: string): CpuReading | null => {
  const blocks = blocksOf(text);
  const first = blocks[0];
  if (first === undefined) return null;
  const packages = Map.groupBy(blocks, (block) => block['physical id'] ?? '0');
  return {
    vendor: first['vendor_id'] ?? ARM_IMPLEMENTERS[first['CPU implementer'] ?? ''] ?? first['CPU implementer'] ?? null,
    // Vendors pad the brand string with runs of blanks.
    model: (first['model name'] ?? first['Model'] ?? null)?.replace(/\s+/g, ' ') ?? null,
    signature: signatureOf(first),
    sockets: packages.size,
    cores: [...packages.values()].reduce((sum, threads) => sum + coresIn(threads), 0),
    threads: blocks.length,
    architecture,
  };
};

/** Package and core counts from sysfs, for kernels whose cpuinfo has none (arm64). Null when the folder says nothing. */
const topology = async (source: HardwareSource): Promise<{ readonly sockets: number; readonly cores: number } | null> => {
  const names = (await source.list('/sys/devices/system/cpu')).filter((name) => /^cpu\d+$/.test(name));
  const pairs: string[] = [];
  for (const name of names) {
    const folder = `/sys/devices/system/cpu/${name}/topology`;
    const packageId = await source.readText(`${folder}/physical_package_id`);
    const coreId = await source.readText(`${folder}/core_id`);
    if (packageId !== null && coreId !== null) pairs.push(`${packageId}:${coreId}`);
  }
  if (pairs.length === 0) return null;
  return { sockets: new Set(pairs.map((pair) => pair.split(':')[0])).size, cores: new Set(pairs).size };
};

/** Reads the processors; null where /proc/cpuinfo is unreadable. */
export const readCpu = async (source: HardwareSource, architecture: string): Promise<CpuReading | null> => {
  const text = await source.readText('/proc/cpuinfo');
  const reading = text === null ? null : parseCpuinfo(text, architecture);
  if (reading === null || text === null || /^physical id\s*:/m.test(text)) return reading;
  return { ...reading, ...(await topology(source)) };
};
