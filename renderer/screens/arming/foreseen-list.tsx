// The machines of one fate, disk by disk: which one, what is on it, what stays untouched.
import { diskName, diskTitle, holds } from '../../words/disk.ts';
import { ARMING } from '../../words/arming.ts';
import { PartitionBar } from '../machine/partition-bar.tsx';
import styles from './arm-dialog.module.css';
import type { Foreseen } from '../../../preload/contract/arming.ts';

const Line = ({ machine }: { readonly machine: Foreseen }) => {
  const { machineName, position, online, imageName, policy, disk, untouched, fate, why } = machine;
  return (
    <li className={styles['machine']}>
      <p className={styles['machineHead']}>
        <strong>{machineName}</strong>
        <span className={styles['dim']}>{[position, online ? null : ARMING.off].filter(Boolean).join(' · ')}</span>
        <span className={styles['image']}>{ARMING.image(imageName, policy)}</span>
      </p>
      {disk === null ? null : (
        <p>
          {ARMING.disk(diskTitle(disk), diskName(disk))} · {holds(disk)}
        </p>
      )}
      {disk === null || fate === 'erase' ? null : <PartitionBar disk={disk} />}
      {fate === 'ask' ? <p className={styles['dim']}>{ARMING.why(why)}</p> : null}
      {untouched.length === 0 || fate === 'ask' ? null : (
        <p className={styles['dim']}>
          {ARMING.untouched(untouched.map((other) => ARMING.disk(diskTitle(other), diskName(other))).join(', '))}
        </p>
      )}
    </li>
  );
};

export const ForeseenList = ({
  title,
  machines,
  children,
}: {
  readonly title: string;
  readonly machines: readonly Foreseen[];
  readonly children?: React.ReactNode;
}) =>
  machines.length === 0 ? null : (
    <section className={styles['group']} aria-label={title}>
      <h3 className={styles['groupTitle']}>{title}</h3>
      {children}
      <ul className={styles['machines']}>
        {machines.map((machine) => (
          <Line key={machine.machineId} machine={machine} />
        ))}
      </ul>
    </section>
  );
