// `rackside images …` and `rackside policies …`.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ImageView, PolicyView } from '../../preload/contract/views.ts';
import type { PipeClient } from '../../preload/contract/pipe-client.ts';
import type { Command } from './command.ts';
import { findImage } from './find.ts';
import { describeTrace } from './machine-commands.ts';
import { machineOf, printed, withStation } from './with-station.ts';
import { size, table } from './output.ts';

const describeImage = (image: ImageView): string =>
  [
    `${image.name}  revision ${image.revision}`,
    `  OSOID      ${image.osoid}`,
    `  disk       ${size(image.diskSizeBytes)}, ${image.table}, ${image.logicalSectorBytes}-byte sectors`,
    `  content    ${size(image.dataBytes)} of data, ${size(image.storedBytes)} stored`,
    `  boots      ${image.firmware}, ${image.architecture}${image.secureBootTrusted ? ', signed for Secure Boot' : ''}`,
    `  signed by  ${image.keyId} (${image.trust})`,
    `  labels     ${
      Object.entries(image.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(' ') || '-'
    }`,
    ...image.partitions.map(
      (part) =>
        `  ${String(part.number).padStart(3)}  ${part.name || '-'}  ${part.filesystem ?? '-'}  ${size(part.sectors * image.logicalSectorBytes)}`,
    ),
    ...(image.notes === '' ? [] : [`  ${image.notes}`]),
  ].join('\n');

const parseLabels = (words: readonly string[]): Result<Record<string, string>> => {
  const labels: Record<string, string> = {};
  for (const word of words) {
    const match = /^([a-z0-9.-]{1,60})=(.{0,200})$/.exec(word);
    if (match?.[1] === undefined || match[2] === undefined)
      return failed('command.label-invalid', `"${word}" is no label.`, 'Write labels as key=value, e.g. --label role=web.');
    labels[match[1]] = match[2];
  }
  return success(labels);
};

export const IMAGE_COMMANDS: readonly Command[] = [
  {
    name: 'images list',
    arguments: '',
    help: 'list the images of the library',
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const images = await station.call('images.list', {});
        if (!images.ok) return images;
        invocation.output.print(images.value, () =>
          images.value.length === 0
            ? 'The library holds no image yet: rackside images import FILE --name NAME'
            : table(
                ['OSOID', 'NAME', 'REV', 'BOOTS', 'DISK', 'STORED', 'TRUST'],
                images.value.map((image) => [
                  image.osoid.slice(0, 12),
                  image.name,
                  String(image.revision),
                  `${image.firmware} ${image.architecture}`,
                  size(image.diskSizeBytes),
                  size(image.storedBytes),
                  image.trust,
                ]),
              ),
        );
        return success(null);
      }),
  },
  {
    name: 'images show',
    arguments: 'IMAGE',
    help: 'show layout, sizes, boot chain and signature of one image',
    options: {},
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const images = await station.call('images.list', {});
        if (!images.ok) return images;
        const image = findImage(images.value, invocation.positionals[0] ?? '');
        if (!image.ok) return image;
        invocation.output.print(image.value, () => describeImage(image.value));
        return success(null);
      }),
  },
  {
    name: 'images import',
    arguments: 'FILE --name NAME',
    help: 'import a disk image (raw, .gz, .xz, .zst, .bz2) into the library',
    options: {
      name: { type: 'string', value: 'NAME', help: 'what people call it' },
      label: { type: 'string', multiple: true, value: 'KEY=VALUE', help: 'label for policies; may be given several times' },
      notes: { type: 'string', value: 'TEXT', help: 'free text' },
    },
    positionals: { least: 1, most: 1 },
    run: async (invocation) => {
      const labels = parseLabels(invocation.list('label'));
      if (!labels.ok) return invocation.output.fail(labels.failure);
      const name = invocation.text('name');
      if (name === undefined)
        return invocation.output.fail(
          failed('command.option-missing', 'images import needs --name.', 'Say what people shall call the image.').failure,
        );
      const path = resolve(invocation.positionals[0] ?? '');
      const station = await invocation.station((event) => {
        if (event.name !== 'import.progressed' || invocation.json || !process.stderr.isTTY) return;
        const { bytesDone, bytesTotal } = event.payload;
        process.stderr.write(`\r${event.payload.name}: ${size(bytesDone)}${bytesTotal === null ? '' : ` of ${size(bytesTotal)}`}   `);
      });
      if (!station.ok) return invocation.output.fail(station.failure);
      try {
        const image = await station.value.call(
          'images.import',
          { path, name, labels: labels.value, notes: invocation.text('notes') ?? '' },
          { signal: invocation.signal },
        );
        if (process.stderr.isTTY && !invocation.json) process.stderr.write('\n');
        if (!image.ok) return invocation.output.fail(image.failure);
        invocation.output.print(image.value, () => describeImage(image.value));
        return 0;
      } finally {
        station.value.close();
      }
    },
  },
];

const policyLine = (view: PolicyView): readonly string[] => [
  String(view.policy.rank),
  view.policy.name,
  view.policy.outcome.kind,
  view.policy.consent,
  view.enabled ? 'on' : 'off',
  view.policy.limit === null ? String(view.used) : `${view.used} of ${view.policy.limit}`,
];

const readPolicies = async (file: string): Promise<Result<readonly unknown[]>> => {
  try {
    const text = file === '-' ? await readStandardInput() : await readFile(file, 'utf8');
    const parsed: unknown = JSON.parse(text);
    return success(Array.isArray(parsed) ? parsed : [parsed]);
  } catch (error) {
    return failed(
      'policy.file-unreadable',
      `${file} cannot be read as JSON (${(error as Error).message}).`,
      'See the format in docs/policies.md.',
    );
  }
};

const readStandardInput = async (): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString('utf8');
};

const addPolicies = async (station: PipeClient, policies: readonly unknown[]): Promise<Result<readonly PolicyView[]>> => {
  const added: PolicyView[] = [];
  for (const policy of policies) {
    // The station checks it, place by place; a second check here would only say it differently.
    const answer = await station.call('policies.add', { policy } as never);
    if (!answer.ok) return answer;
    added.push(answer.value);
  }
  return success(added);
};

const switchPolicy = (enabled: boolean): Command => ({
  name: enabled ? 'policies enable' : 'policies disable',
  arguments: 'NAME',
  help: enabled ? 'switch a policy on' : 'switch a policy off',
  options: {},
  positionals: { least: 1, most: 1 },
  run: (invocation) =>
    withStation(invocation, async (station) => {
      const answer = await station.call('policies.enable', { name: invocation.positionals[0] ?? '', enabled });
      return printed(invocation, answer, (value) => `${value.policy.name} is ${value.enabled ? 'on' : 'off'}.`);
    }),
});

export const POLICY_COMMANDS: readonly Command[] = [
  {
    name: 'policies list',
    arguments: '',
    help: 'list the policies in the order in which they are asked',
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const policies = await station.call('policies.list', {});
        if (!policies.ok) return policies;
        invocation.output.print(policies.value, () =>
          table(['RANK', 'NAME', 'OUTCOME', 'CONSENT', 'STATE', 'USED'], policies.value.map(policyLine)),
        );
        return success(null);
      }),
  },
  {
    name: 'policies add',
    arguments: 'FILE',
    help: 'add or replace the policy (or list of policies) in a JSON file; - reads standard input',
    options: {},
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const policies = await readPolicies(invocation.positionals[0] ?? '');
        if (!policies.ok) return policies;
        const added = await addPolicies(station, policies.value);
        if (!added.ok) return added;
        invocation.output.print(added.value, () =>
          table(['RANK', 'NAME', 'OUTCOME', 'CONSENT', 'STATE', 'USED'], added.value.map(policyLine)),
        );
        return success(null);
      }),
  },
  switchPolicy(true),
  switchPolicy(false),
  {
    name: 'policies remove',
    arguments: 'NAME',
    help: 'remove a policy',
    options: {},
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const rest = await station.call('policies.remove', { name: invocation.positionals[0] ?? '' });
        if (!rest.ok) return rest;
        invocation.output.print(rest.value, 'Removed.');
        return success(null);
      }),
  },
  {
    name: 'policies explain',
    arguments: 'MACHINE',
    help: 'every policy, every test, the value seen, and why it held or not',
    options: {},
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const machine = await machineOf(station, invocation.positionals[0]);
        if (!machine.ok) return machine;
        const trace = await station.call('policies.explain', { machineId: machine.value.id });
        if (!trace.ok) return trace;
        invocation.output.print(trace.value, () => `${describeTrace(trace.value)}\n\n${JSON.stringify(trace.value.resolution)}`);
        return success(null);
      }),
  },
];
