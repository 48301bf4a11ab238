// A person's own choice of image for one machine. It erases nothing: the machine checks its disks and then asks.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { SelectField } from '../../kit/field.tsx';
import { act } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { diskName, diskTitle } from '../../words/disk.ts';
import { WORDS } from '../../words/screens.ts';
import { useMachineDetail } from './use-machine-detail.ts';
import styles from './dialogs.module.css';
import type { ImageView, MachineView } from '../../../preload/contract/views.ts';

const fits = (image: ImageView, machine: MachineView): boolean =>
  machine.firmware === null || image.firmware === 'both' || image.firmware === machine.firmware;

const imageLabel = (image: ImageView, machine: MachineView): string =>
  [`${image.name} r${image.revision}`, ...Object.entries(image.labels).map(([key, value]) => `${key}=${value}`)].join(' · ') +
  (image.trust === 'trusted' ? '' : ` (${WORDS.deploy.untrusted})`) +
  (fits(image, machine) ? '' : ` (${WORDS.deploy.otherFirmware})`);

export const DeployDialog = ({ machine, onClose }: { readonly machine: MachineView; readonly onClose: () => void }) => {
  const images = useStation((state) => state.images);
  const { detail } = useMachineDetail(machine.id);
  const list = [...images.values()].toSorted(
    (a, b) => Number(fits(b, machine)) - Number(fits(a, machine)) || a.name.localeCompare(b.name, 'en') || b.revision - a.revision,
  );
  const [chosen, setChosen] = useState(() => (machine.question?.kind === 'erase' ? machine.question.osoid : (machine.osoid ?? '')));
  const [disk, setDisk] = useState('');
  const [rewrite, setRewrite] = useState(false);
  const cancel = useRef<HTMLButtonElement>(null);
  const osoid = images.has(chosen) ? chosen : (list[0]?.osoid ?? '');
  const disks = (detail?.disks ?? []).filter((one) => (one.serial ?? one.wwn) !== null);
  const submit = async (): Promise<void> => {
    const argument = { machineId: machine.id, osoid, diskSerial: disk === '' ? null : disk, rewrite };
    const result = await act('machines.deploy', argument, WORDS.machine.said.deploy(machine.name));
    if (result.ok) onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={WORDS.deploy.title(machine.name)}
      description={WORDS.deploy.text}
      closeLabel={WORDS.common.close}
      firstFocus={cancel}
      footer={
        <>
          <Button ref={cancel} onClick={onClose}>
            {WORDS.common.cancel}
          </Button>
          <Button look="act" inert={osoid === ''} onClick={() => void submit()}>
            {WORDS.deploy.go}
          </Button>
        </>
      }
    >
      {list.length === 0 ? (
        <p>{WORDS.deploy.none}</p>
      ) : (
        <div className={styles['form']}>
          <SelectField
            label={WORDS.deploy.image}
            value={osoid}
            onChange={(event) => setChosen(event.target.value)}
            choices={list.map((image) => ({ value: image.osoid, label: imageLabel(image, machine) }))}
          />
          <SelectField
            label={WORDS.deploy.disk}
            value={disk}
            onChange={(event) => setDisk(event.target.value)}
            choices={[
              { value: '', label: WORDS.deploy.anyDisk },
              ...disks.map((one) => ({ value: one.serial ?? one.wwn ?? '', label: `${diskTitle(one)} · ${diskName(one)}` })),
            ]}
          />
          <label className={styles['check']}>
            <input type="checkbox" checked={rewrite} onChange={(event) => setRewrite(event.target.checked)} />
            {WORDS.deploy.rewrite}
          </label>
        </div>
      )}
    </Dialog>
  );
};
