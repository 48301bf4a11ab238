// A machine's disk becomes an image: its name, its labels, and the disk where there are several. Nothing is written to the machine.
import { useRef, useState } from 'react';
import { CheckField } from '../../kit/check-field.tsx';
import { SelectField, TextArea, TextField } from '../../kit/field.tsx';
import { act } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { diskName, diskTitle } from '../../words/disk.ts';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';
import { LabelsField } from '../images/labels-field.tsx';
import { parseLabels } from '../images/labels.ts';
import { NeutraliseField } from './neutralise-field.tsx';
import { useMachineDetail } from './use-machine-detail.ts';
import type { Result } from '../../../agent/protocol/failure.ts';
import type { IdentityKind } from '../../../agent/protocol/identity.ts';
import type { MachineView } from '../../../preload/contract/views.ts';

const words = WORDS.capture;

export const CaptureDialog = ({ machine, onClose }: { readonly machine: MachineView; readonly onClose: () => void }) => {
  const { detail } = useMachineDetail(machine.id);
  const images = useStation((state) => state.images);
  const [name, setName] = useState('');
  const [disk, setDisk] = useState('');
  const [labels, setLabels] = useState('');
  const [notes, setNotes] = useState('');
  const [redactSerials, setRedactSerials] = useState(false);
  const [kinds, setKinds] = useState<ReadonlySet<IdentityKind> | null>(null);
  const first = useRef<HTMLInputElement>(null);
  const parsed = parseLabels(labels);
  const line = [...images.values()].filter((image) => image.name === name.trim()).map(({ revision }) => revision);
  const ready = name.trim() !== '' && parsed.bad === null;
  const disks = (detail?.disks ?? []).filter((one) => (one.serial ?? one.wwn) !== null);
  const submit = (): Promise<Result<unknown>> => {
    const wish = {
      name: name.trim(),
      diskSerial: disk === '' ? null : disk,
      labels: parsed.labels,
      notes,
      redactSerials,
      neutralise: [...(kinds ?? [])],
    };
    return act('machines.capture', { machineId: machine.id, ...wish }, WORDS.machine.said.capture(machine.name));
  };
  return (
    <FormDialog
      wide
      onClose={onClose}
      title={words.title(machine.name)}
      description={words.text}
      firstFocus={first}
      submit={words.go}
      ready={ready}
      onSubmit={submit}
    >
      <TextField
        ref={first}
        label={WORDS.images.name}
        help={line.length === 0 ? undefined : words.nextRevision(Math.max(...line) + 1)}
        value={name}
        maxLength={120}
        onChange={(event) => setName(event.target.value)}
      />
      <SelectField
        label={WORDS.deploy.disk}
        value={disk}
        onChange={(event) => setDisk(event.target.value)}
        choices={[
          { value: '', label: words.onlyDisk },
          ...disks.map((one) => ({ value: one.serial ?? one.wwn ?? '', label: `${diskTitle(one)} · ${diskName(one)}` })),
        ]}
      />
      <LabelsField text={labels} rows={2} onChange={setLabels} />
      <TextArea label={WORDS.images.notes} rows={2} value={notes} maxLength={4000} onChange={(event) => setNotes(event.target.value)} />
      <CheckField label={words.redact} checked={redactSerials} onChange={setRedactSerials} />
      <NeutraliseField kinds={kinds} onChange={setKinds} />
    </FormDialog>
  );
};
