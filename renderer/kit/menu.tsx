// A menu under a button (Radix DropdownMenu).
import { DropdownMenu as Radix } from 'radix-ui';
import { Check } from 'lucide-react';
import styles from './menu.module.css';
import type { ReactElement } from 'react';

export type MenuItem = {
  readonly label: string;
  readonly hint?: string;
  readonly checked?: boolean;
  readonly disabled?: boolean;
  readonly onSelect: () => void;
};

export const Menu = ({
  trigger,
  items,
  label,
}: {
  readonly trigger: ReactElement;
  readonly items: readonly MenuItem[];
  readonly label: string;
}) => (
  <Radix.Root>
    <Radix.Trigger asChild>{trigger}</Radix.Trigger>
    <Radix.Portal>
      <Radix.Content className={styles['content']} align="end" sideOffset={6} collisionPadding={8} aria-label={label}>
        {items.map((item) => (
          <Radix.Item key={item.label} className={styles['item']} disabled={item.disabled ?? false} onSelect={item.onSelect}>
            <span className={styles['check']}>{item.checked === true ? <Check size={15} aria-hidden="true" /> : null}</span>
            <span>{item.label}</span>
            {item.hint === undefined ? null : <span className={styles['hint']}>{item.hint}</span>}
          </Radix.Item>
        ))}
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
);
