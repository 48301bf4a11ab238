// `rackside images list` and `images import`; what else is done with images is in image-commands.ts.
import { resolve } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Command } from './command.ts';
import { describeImage, IMAGE_CARE_COMMANDS, parseLabels } from './image-commands.ts';
import { withStation } from './with-station.ts';
import { size, table } from './output.ts';

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
    name: 'images import',
    arguments: 'FILE --name NAME',
    help: 'import a disk image (raw or qcow2, VHD, VHDX, VMDK; as it is or in .gz, .xz, .zst, .bz2) into the library',
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
  ...IMAGE_CARE_COMMANDS,
];
