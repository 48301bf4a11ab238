// Gives a machine a name that people use.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { TextField } from '../../kit/field.tsx';
import { act } from '../../store/notices.ts';
import { WORDS } from '../../words/screens.ts';
import type { MachineView } from '../../../preload/contract/views.ts';

const LONGEST_NAME = 80;

export const RenameDialog = ({ machine, onClose }: { readonly machine: MachineView; readonly onClose: () => void }) => {
  const [name, setName] = useState(machine.name);
  const field = useRef<HTMLInputElement>(null);
  const save = async (): Promise<void> => {
    const result = await act('machines.rename', { machineId: machine.id, name: name.trim() }, WORDS.machine.said.renamed);
    if (result.ok) onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={WORDS.machine.renameTitle(machine.name)}
      closeLabel={WORDS.common.close}
      firstFocus={field}
      footer={
        <>
          <Button onClick={onClose}>{WORDS.common.cancel}</Button>
          <Button look="act" type="submit" form="rename">
            {WORDS.common.save}
          </Button>
        </>
      }
    >
      <form
        id="rename"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextField
          ref={field}
          label={WORDS.machine.name}
          value={name}
          maxLength={LONGEST_NAME}
          onChange={(event) => setName(event.target.value)}
          onFocus={(event) => event.target.select()}
        />
      </form>
    </Dialog>
  );
};
