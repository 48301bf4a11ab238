// A person's own choice of image for one machine, of what grows, and of the machine's own settings. It erases nothing: the station
// judges what is typed and shows what the disk would get; then the machine checks its disks and asks.
import { useRef, useState } from 'react';
import { Button } from '../../kit/button.tsx';
import { CheckField } from '../../kit/check-field.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { SelectField } from '../../kit/field.tsx';
import { Problem } from '../../kit/panel.tsx';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { useStation } from '../../store/station-store.ts';
import { diskName, diskTitle } from '../../words/disk.ts';
import { WORDS } from '../../words/screens.ts';
import { GrowField, defaultGrowth, growOf } from './grow-field.tsx';
import { OutlookSection } from './outlook-section.tsx';
import { emptyDraft, placeOf, readDraft } from './settings-draft.ts';
import { SettingsForm } from './settings-form.tsx';
import { useMachineDetail } from './use-machine-detail.ts';
import { useOutlook } from './use-outlook.ts';
import { Refusal } from '../refusal.tsx';
import styles from './dialogs.module.css';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { ImageView, MachineView } from '../../../preload/contract/views.ts';

const words = WORDS.deploy;

const fits = (image: ImageView, machine: MachineView): boolean =>
  machine.firmware === null || image.firmware === 'both' || image.firmware === machine.firmware;

const imageLabel = (image: ImageView, machine: MachineView): string =>
  [`${image.name} r${image.revision}`, ...Object.entries(image.labels).map(([key, value]) => `${key}=${value}`)].join(' · ') +
  (image.trust === 'trusted' ? '' : ` (${words.untrusted})`) +
  (image.boundToMachine === undefined ? '' : ` (${words.boundLabel})`) +
  (fits(image, machine) ? '' : ` (${words.otherFirmware})`);

export const DeployDialog = ({ machine, onClose }: { readonly machine: MachineView; readonly onClose: () => void }) => {
  const images = useStation((state) => state.images);
  const { detail } = useMachineDetail(machine.id);
  const list = [...images.values()].toSorted(
    (a, b) => Number(fits(b, machine)) - Number(fits(a, machine)) || a.name.localeCompare(b.name, 'en') || b.revision - a.revision,
  );
  const [chosen, setChosen] = useState(() => (machine.question?.kind === 'erase' ? machine.question.osoid : (machine.osoid ?? '')));
  const [disk, setDisk] = useState('');
  const [rewrite, setRewrite] = useState(false);
  const [growth, setGrowth] = useState(defaultGrowth);
  const [settings, setSettings] = useState(emptyDraft);
  // Of one image each: another one is accepted anew.
  const [accepted, setAccepted] = useState('');
  const [acceptedBound, setAcceptedBound] = useState('');
  const [refused, setRefused] = useState<Failure | null>(null);
  const [sending, setSending] = useState(false);
  const cancel = useRef<HTMLButtonElement>(null);
  const image = images.get(chosen) ?? list[0];
  const osoid = image?.osoid ?? '';
  const grow = growOf(growth);
  const read = readDraft(settings);
  const wish = {
    osoid,
    diskSerial: disk === '' ? null : disk,
    ...(grow === undefined ? {} : { grow }),
    ...(read.settings === undefined ? {} : { settings: read.settings }),
  };
  const { outlook, failure, isCurrent } = useOutlook(machine.id, image === undefined ? null : wish, detail);
  const isStrange = image !== undefined && image.trust !== 'trusted';
  const bound = outlook?.osoid === osoid ? outlook.bound : null;
  const isAccepted = (!isStrange || accepted === osoid) && (bound === null || acceptedBound === osoid);
  const problem = read.problem ?? (failure === null ? null : placeOf(failure));
  const growProblem = failure?.code.startsWith('deploy.grow-') === true ? `${failure.message} ${failure.next}` : null;
  const other = refused ?? (failure !== null && problem === null && growProblem === null && image !== undefined ? failure : null);
  const disks = (detail?.disks ?? []).filter((one) => (one.serial ?? one.wwn) !== null);
  const submit = async (): Promise<void> => {
    setSending(true);
    const result = await call('machines.deploy', {
      machineId: machine.id,
      ...wish,
      rewrite,
      ...(isStrange ? { acceptUntrusted: true } : {}),
      ...(bound === null ? {} : { acceptBound: true }),
    });
    setSending(false);
    setRefused(result.ok ? null : result.failure);
    if (!result.ok) return;
    tell(WORDS.machine.said.deploy(machine.name));
    onClose();
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={words.title(machine.name)}
      description={words.text}
      closeLabel={WORDS.common.close}
      firstFocus={cancel}
      footer={
        <>
          <Button ref={cancel} onClick={onClose}>
            {WORDS.common.cancel}
          </Button>
          <Button look="act" inert={!isCurrent || read.problem !== null || !isAccepted || sending} onClick={() => void submit()}>
            {words.go}
          </Button>
        </>
      }
    >
      {image === undefined ? (
        <p>{words.none}</p>
      ) : (
        <div className={styles['form']}>
          <SelectField
            label={words.image}
            value={osoid}
            onChange={(event) => {
              setChosen(event.target.value);
              setGrowth(defaultGrowth);
            }}
            choices={list.map((one) => ({ value: one.osoid, label: imageLabel(one, machine) }))}
          />
          {isStrange ? (
            <CheckField
              label={words.accept[image.trust === 'broken' ? 'broken' : 'unknown-key'](image.keyId)}
              checked={accepted === osoid}
              onChange={(checked) => setAccepted(checked ? osoid : '')}
            />
          ) : null}
          {bound === null ? null : (
            <Problem tone="ask" title={bound}>
              <CheckField
                label={words.acceptBound}
                checked={acceptedBound === osoid}
                onChange={(checked) => setAcceptedBound(checked ? osoid : '')}
              />
            </Problem>
          )}
          <div className={styles['columns']}>
            <SelectField
              label={words.disk}
              value={disk}
              onChange={(event) => setDisk(event.target.value)}
              choices={[
                { value: '', label: words.anyDisk },
                ...disks.map((one) => ({ value: one.serial ?? one.wwn ?? '', label: `${diskTitle(one)} · ${diskName(one)}` })),
              ]}
            />
            <GrowField image={image} draft={growth} problem={growProblem} onChange={setGrowth} />
          </div>
          <CheckField label={words.rewrite} checked={rewrite} onChange={setRewrite} />
          <SettingsForm draft={settings} problem={problem} facts={detail?.facts ?? []} onChange={setSettings} />
          <Refusal failure={other} />
          <OutlookSection outlook={outlook} isCurrent={isCurrent} isRefused={failure !== null || read.problem !== null} />
        </div>
      )}
    </Dialog>
  );
};
