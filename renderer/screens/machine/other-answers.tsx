// The harmless answers to a machine's question: boot what it has, choose something else, hold. Hold, which changes nothing,
// takes the focus.
import { useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { act } from '../../store/notices.ts';
import { WORDS } from '../../words/screens.ts';
import { DeployDialog } from './deploy-dialog.tsx';
import { CONSENT_FOCUS } from './focus-consent.ts';
import type { MachineView } from '../../../preload/contract/views.ts';

const { actions, said } = WORDS.machine;

export const OtherAnswers = ({
  machine,
  deployLabel,
  first,
}: {
  readonly machine: MachineView;
  /** Null: choosing another image is left to the menu. */
  readonly deployLabel: string | null;
  readonly first: boolean;
}) => {
  const [deploying, setDeploying] = useState(false);
  const ref = { machineId: machine.id };
  const focus = first ? { [CONSENT_FOCUS]: '' } : {};
  return (
    <>
      <Button onClick={() => void act('machines.bootLocal', ref, said.bootLocal(machine.name))}>{actions.bootLocal}</Button>
      {deployLabel === null ? null : <Button onClick={() => setDeploying(true)}>{deployLabel}</Button>}
      <Button {...focus} onClick={() => void act('machines.hold', ref, said.hold(machine.name))}>
        {actions.hold}
      </Button>
      {deploying ? <DeployDialog machine={machine} onClose={() => setDeploying(false)} /> : null}
    </>
  );
};
