// Chooses the port and the mode in which the station serves. Ports over which machines are never answered are not offered.
import { useRef, useState } from 'react';
import { SelectField, TextField } from '../../kit/field.tsx';
import { call } from '../../store/connection.ts';
import { tell } from '../../store/notices.ts';
import { useAnswer } from '../../store/use-answer.ts';
import { WORDS } from '../../words/screens.ts';
import { FormDialog } from '../form-dialog.tsx';
import type { StationView } from '../../../preload/contract/views.ts';
import type { WirePort } from '../../../preload/contract/wire-calls.ts';

const words = WORDS.wire;
const RACK = 'software rack';
const MODES = ['server', 'proxy'] as const;

const isOffered = ({ kind }: WirePort): boolean => kind !== 'wireless' && kind !== 'loopback';

export const ServeDialog = ({ wire, onClose }: { readonly wire: StationView['wire']; readonly onClose: () => void }) => {
  const { value: ports, failure } = useAnswer('wire.ports', {});
  const [nic, setNic] = useState(wire.nic ?? RACK);
  const [mode, setMode] = useState<(typeof MODES)[number]>(wire.mode);
  const [address, setAddress] = useState('');
  const first = useRef<HTMLSelectElement>(null);
  const offered = (ports ?? []).filter(isOffered);
  const chosen = offered.find(({ name }) => name === nic);
  // A port that was unplugged since stays in the list until another is chosen.
  const names = [...new Set([...offered.map(({ name }) => name), ...(nic === RACK ? [] : [nic])])];
  return (
    <FormDialog
      title={words.serveTitle}
      description={words.serveText}
      submit={words.serveDo}
      working={words.serving}
      ready={ports !== undefined}
      firstFocus={first}
      onClose={onClose}
      onSubmit={async () => {
        const result = await call('wire.serve', {
          nic: nic === RACK ? null : nic,
          mode: nic === RACK ? 'server' : mode,
          ...(address.trim() === '' || nic === RACK ? {} : { address: address.trim() }),
        });
        if (!result.ok) return result;
        const { wire: now } = result.value;
        if (now.problem !== null) return { ok: false, failure: now.problem };
        tell(words.served(now.nic ?? words.kind[now.kind]));
        return result;
      }}
    >
      <SelectField
        ref={first}
        label={words.nic}
        value={nic}
        onChange={(event) => setNic(event.target.value)}
        {...(failure === null ? {} : { error: failure.message })}
        choices={[
          ...names.map((name) => ({
            value: name,
            label: words.portLabel(
              name,
              offered.find((port) => port.name === name),
            ),
          })),
          { value: RACK, label: words.kind.loopback },
        ]}
      />
      {nic === RACK ? null : (
        <>
          <SelectField
            label={words.mode}
            value={mode}
            onChange={(event) => setMode(event.target.value === 'proxy' ? 'proxy' : 'server')}
            choices={MODES.map((one) => ({ value: one, label: WORDS.status.mode[one] }))}
          />
          <TextField
            label={words.address}
            help={words.addressHelp}
            placeholder={chosen?.addresses[0] ?? '10.77.0.1/24'}
            mono
            value={address}
            onChange={(event) => setAddress(event.target.value)}
          />
        </>
      )}
    </FormDialog>
  );
};
