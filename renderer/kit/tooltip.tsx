// A short explanation on hover and focus (Radix Tooltip). Never the only place where something is said.
import { Tooltip as Radix } from 'radix-ui';
import styles from './tooltip.module.css';
import type { ReactElement, ReactNode } from 'react';

export const TooltipRoot = ({ children }: { readonly children: ReactNode }) => (
  <Radix.Provider delayDuration={400}>{children}</Radix.Provider>
);

export const Tooltip = ({
  text,
  children,
  side = 'top',
}: {
  readonly text: ReactNode;
  readonly children: ReactElement;
  readonly side?: 'top' | 'right' | 'bottom';
}) => (
  <Radix.Root>
    <Radix.Trigger asChild>{children}</Radix.Trigger>
    <Radix.Portal>
      <Radix.Content className={styles['content']} side={side} sideOffset={6} collisionPadding={8}>
        {text}
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
);
