// The field-replaceable-unit record kept by the management controller (IPMI FRU 1.0), through ipmitool.
import type { Inventory } from '../protocol/inventory.ts';
import type { HardwareSource } from './source.ts';

export type IpmiReading = NonNullable<Inventory['ipmi']>;

/** `ipmitool fru print` lines as a record: ` Product Serial        : ABC` gives `{ 'Product Serial': 'ABC' }`. */
export const parseFru = (text: string): Readonly<Record<string, string>> => {
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of text.split('\n').slice(0, 256)) {
    const match = /^\s*([^:]{1,64}?)\s*:\s*(.{1,256}?)\s*$/.exec(line);
    const [, name, value] = match ?? [];
    if (name !== undefined && value !== undefined && !name.startsWith('FRU Device')) fields[name] = value;
  }
  return { ...fields };
};

/** Reads FRU 0; null on a machine without a management controller (the driver makes /dev/ipmi0). */
export const readIpmi = async (source: HardwareSource, signal?: AbortSignal): Promise<IpmiReading | null> => {
  if (!(await source.exists('/dev/ipmi0'))) return null;
  const answer = await source.run('ipmitool', ['fru', 'print', '0'], { timeoutMs: 5000, ...(signal ? { signal } : {}) });
  if (answer.code !== 0) throw new Error(`ipmitool: ${answer.stderr.trim().slice(0, 200) || 'no answer'}`);
  return { fru: { ...parseFru(answer.stdout) } };
};
