// A disk drawn to scale: its partitions with what they hold, free space left empty. Small ones keep a visible width.
import { cx } from '../../kit/class-names.ts';
import { bytes } from '../../words/numbers.ts';
import { barParts } from './partition-parts.ts';
import styles from './partition-bar.module.css';
import type { Disk } from '../../../agent/protocol/disk.ts';

export const PartitionBar = ({ disk }: { readonly disk: Disk }) => {
  const parts = barParts(disk);
  if (parts.length === 0) return null;
  return (
    <ol className={styles['bar']}>
      {parts.map((part) => (
        <li
          key={part.key}
          className={cx(styles['part'], part.kind === 'free' ? styles['free'] : styles[`part${part.colour}`])}
          style={{ flexGrow: Math.max(part.share * 1000, 1) }}
          title={`${part.label} · ${bytes(part.sizeBytes)}`}
        >
          <span className={styles['label']}>
            {part.label}
            <span className={styles['size']}> {bytes(part.sizeBytes)}</span>
          </span>
        </li>
      ))}
    </ol>
  );
};
