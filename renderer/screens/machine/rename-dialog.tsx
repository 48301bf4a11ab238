// Gives a machine a name that people use.
import { useRef, useState } from 'react';
import { TextField } from '../../kit/field.tsx';
import { act } from '../../store/notices.ts';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';
import type { MachineView } from '../../../preload/contract/views.ts';

const LONGEST_NAME = 80;

export const RenameDialog = ({ machine, onClose }: { readonly machine: MachineView; readonly onClose: () => void }) => {
  const [name, setName] = useState(machine.name);
  const field = useRef<HTMLInputElement>(null);
  return (
    <FormDialog
      onClose={onClose}
      title={WORDS.machine.renameTitle(machine.name)}
      firstFocus={field}
      submit={WORDS.common.save}
      ready
      onSubmit={() => act('machines.rename', { machineId: machine.id, name: name.trim() }, WORDS.machine.said.renamed)}
    >
      <TextField
        ref={field}
        label={WORDS.machine.name}
        value={name}
        maxLength={LONGEST_NAME}
        onChange={(event) => setName(event.target.value)}
        onFocus={(event) => event.target.select()}
      />
    </FormDialog>
  );
};
