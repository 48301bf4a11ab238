// What an image keeps of the machine that it was captured from or built on: its facts by name, without filler, and what its firmware
// starts; and without the names of that very machine where a person wants it so.
import type { Fact } from '../../agent/protocol/facts.ts';
import type { FirmwareBoot } from '../../agent/protocol/firmware-boot.ts';
import type { ImagingJob } from '../jobs/job-rows.ts';
import type { CaptureLabels } from '../library/publish-capture.ts';
import { sameDisk } from './consent.ts';
import type { Machines } from '../machines/machines.ts';
import { literally, NAMING, namesIn, spellingsOf } from '../machines/naming.ts';

const sourceFacts = (facts: readonly Fact[], redactSerials: boolean): Readonly<Record<string, Fact['value']>> =>
  Object.fromEntries(
    facts.filter(({ name, filler }) => !filler && !(redactSerials && NAMING.has(name))).map(({ name, value }) => [name, value]),
  );

/** Nodes of a device path (UEFI 2.10 §10.6) that name one card, disk or address. */
const NAMING_NODES = /\b(MAC|IPv4|IPv6|NVMe|SasEx|SAS|Fibre|FibreEx|UsbWwid|Uri|Dns)\([^()]*\)/g;

/** Firmware calls disks by model and serial, and network cards by their MAC. */
const redactBoot = (boot: FirmwareBoot, facts: readonly Fact[]): FirmwareBoot => {
  const names = spellingsOf(namesIn(facts));
  const clear = (text: string): string =>
    names.reduce(
      (left, name) => left.replaceAll(new RegExp(literally(name), 'gi'), 'redacted'),
      text.replaceAll(NAMING_NODES, '$1(redacted)'),
    );
  return { ...boot, entries: boot.entries.map((entry) => ({ ...entry, label: clear(entry.label), path: clear(entry.path) })) };
};

/** The image that the captured disk was made from is known where its own record says so and can be trusted. */
export const sourceOf = (
  machines: Pick<Machines, 'get' | 'facts'>,
  job: ImagingJob,
  boot: FirmwareBoot | null,
): Pick<CaptureLabels, 'facts' | 'parent' | 'recipe' | 'boot'> => {
  // Nothing of what the disk held before is in what a script built.
  if (job.kind === 'build')
    return { facts: sourceFacts(machines.facts(job.machineId), false), parent: null, recipe: job.wish.key, boot: null };
  const machine = machines.get(job.machineId);
  const disk = machine.ok ? machine.value.inventory?.disks.find((one) => sameDisk(one, job.disk)) : undefined;
  const facts = machines.facts(job.machineId);
  return {
    boot: boot === null || !job.wish.redactSerials ? boot : redactBoot(boot, facts),
    facts: sourceFacts(facts, job.wish.redactSerials),
    parent: disk?.provenance.verdict === 'trusted' ? disk.provenance.osoid : null,
    recipe: null,
  };
};
