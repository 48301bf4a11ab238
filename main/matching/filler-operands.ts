// Values that no policy ever sees: what makers leave where nobody filled anything in counts as unknown, so a test for it never holds.
import type { FillerField } from '../../agent/facts/filler.ts';
import { isFiller } from '../../agent/facts/filler.ts';

/** Facts that are read from the machine as such a field, and that nobody types. */
const FIELD_OF: Readonly<Record<string, FillerField>> = {
  manufacturer: 'name',
  model: 'name',
  'system.family': 'name',
  'system.version': 'name',
  'system.sku': 'name',
  'board.manufacturer': 'name',
  'board.model': 'name',
  'board.version': 'name',
  'chassis.type': 'name',
  'chassis.manufacturer': 'name',
  'chassis.version': 'name',
  'firmware.vendor': 'name',
  'firmware.version': 'name',
  'system.uuid': 'uuid',
  'system.serial': 'serial',
  'board.serial': 'serial',
  'chassis.serial': 'serial',
  'nic.macs': 'mac',
  'network.boot-mac': 'mac',
};

/** Of serials only words: what has digits may be somebody's numbering (`SERIAL-0`), or Dell's seven letters and digits (docs/facts.md). */
const mayBeSerial = (field: FillerField, text: string): boolean => field === 'serial' && /\d/.test(text);

/** Of one folded operand: why the fact never has it, or null. */
export const fillerReason = (fact: string, text: string): string | null => {
  const field = Object.hasOwn(FIELD_OF, fact) ? FIELD_OF[fact] : undefined;
  if (field === undefined || text === '' || !isFiller(field, text) || mayBeSerial(field, text)) return null;
  return `${JSON.stringify(text)} is what makers leave where nobody filled anything in, and counts as not known; write {"fact": "${fact}", "present": false}`;
};
