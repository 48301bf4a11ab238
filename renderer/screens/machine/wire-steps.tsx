// For a machine whose agent has not spoken yet: what was seen of its boot on the wire, where it stopped, what to try.
import { Section } from '../../kit/panel.tsx';
import { usePolled } from '../../store/use-polled.ts';
import { BOOT_WORDS } from '../../words/wire.ts';
import { TrailSteps } from '../wire/trail-steps.tsx';
import type { MachineDetail } from '../../../preload/contract/views.ts';

const EVERY_MS = 2000;

/** Once there are facts the boot is no question any more. */
export const asksWhyNoBoot = ({ machine, facts }: MachineDetail): boolean =>
  machine.macs.length > 0 &&
  (machine.state === 'seen' || machine.state === 'booting' || (machine.state === 'failed' && facts.length === 0));

export const WireSteps = ({ macs }: { readonly macs: readonly string[] }) => {
  const { value } = usePolled('wire.get', { macs: [...macs] }, EVERY_MS);
  // A boot of before the station's start left no steps; its timeline above says what is known.
  if (value === null || value.verdict.kind === 'never') return null;
  return (
    <Section title={BOOT_WORDS.title} aside={<a href={`#/wire/${encodeURIComponent(value.mac)}`}>{BOOT_WORDS.openWire}</a>}>
      <TrailSteps trail={value} />
    </Section>
  );
};
