// The disk that a person names by serial or WWN, found among those that the machine showed.
import type { DiskHint } from '../../agent/protocol/decision.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { Machine } from '../machines/machine.ts';

/** Nothing named: no hint. Code: `disk.unknown`. */
export const hintOf = (machine: Pick<Machine, 'inventory'>, wanted: string | null): Result<DiskHint> => {
  if (wanted === null || wanted.trim() === '') return success({});
  const name = wanted.trim().toLowerCase();
  const disks = machine.inventory?.disks ?? [];
  const bySerial = disks.find((disk) => disk.serial?.trim().toLowerCase() === name);
  if (bySerial?.serial != null) return success({ serial: bySerial.serial });
  const byWwn = disks.find((disk) => disk.wwn?.trim().toLowerCase() === name);
  if (byWwn?.wwn != null) return success({ wwn: byWwn.wwn });
  return failed('disk.unknown', `This machine showed no disk ${wanted.trim()}.`, 'Take the serial or WWN from the list of its disks.');
};
