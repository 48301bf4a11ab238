// The disks of a machine: which will be erased, which stay untouched, which are never chosen and why.
import { Section } from '../../kit/panel.tsx';
import { cx } from '../../kit/class-names.ts';
import { DiskIcon } from '../../kit/icons.tsx';
import { diskName, diskTitle, eraseSerial, exclusions, holds, provenance } from '../../words/disk.ts';
import { WORDS } from '../../words/screens.ts';
import { PartitionBar } from './partition-bar.tsx';
import styles from './disks.module.css';
import type { Disk } from '../../../agent/protocol/disk.ts';
import type { MachineView } from '../../../preload/contract/views.ts';

const roleOf = (machine: MachineView, disk: Disk): string | null => {
  if (machine.question?.kind !== 'erase') return null;
  return eraseSerial(machine.question.disk) === eraseSerial(disk) ? 'will be erased if you say so' : 'stays untouched';
};

const DiskRow = ({ machine, disk }: { readonly machine: MachineView; readonly disk: Disk }) => {
  const role = roleOf(machine, disk);
  const asked = role !== null && role !== 'stays untouched';
  return (
    <li className={styles['disk']}>
      <p className={styles['title']}>
        <DiskIcon size={16} aria-hidden="true" />
        <strong>{diskTitle(disk)}</strong>
        {role === null ? null : <span className={cx(styles['role'], asked && styles['asked'])}>{role}</span>}
      </p>
      <p className={styles['name']}>
        {diskName(disk)} · {disk.path} · {disk.kind === 'unknown' ? disk.transport : `${disk.transport} ${disk.kind}`}
      </p>
      <p>{holds(disk)}</p>
      <PartitionBar disk={disk} />
      {[provenance(disk), exclusions(disk), disk.problem?.message ?? null].map((line) =>
        line === null ? null : (
          <p key={line} className={styles['note']}>
            {line}
          </p>
        ),
      )}
    </li>
  );
};

export const Disks = ({ machine, disks }: { readonly machine: MachineView; readonly disks: readonly Disk[] }) => (
  <Section title={WORDS.machine.disks}>
    {disks.length === 0 ? (
      <p className={styles['note']}>{WORDS.machine.noDisks}</p>
    ) : (
      <ul className={styles['list']}>
        {disks.map((disk) => (
          <DiskRow key={`${disk.path} ${eraseSerial(disk)}`} machine={machine} disk={disk} />
        ))}
      </ul>
    )}
  </Section>
);
