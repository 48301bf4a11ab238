// The fields and image sets of the scene.
import type { FieldView } from '../../preload/contract/fields.ts';
import type { SetView } from '../../preload/contract/image-set.ts';
import { IMAGES, hash } from './scene-parts.ts';

const added = { addedAtMs: 1_790_000_000_000, addedBy: 'M. Okafor' };

export const FIELDS: readonly FieldView[] = [
  {
    field: {
      name: 'role',
      label: 'Role',
      type: 'choice',
      choices: ['web', 'mail', 'db'],
      required: true,
      everyMachine: true,
      help: 'As in the rack plan.',
    },
    ...added,
  },
  {
    field: { name: 'input.vlan', label: 'VLAN', type: 'number', least: 1, most: 4094, required: true, default: '42', everyMachine: false },
    ...added,
  },
  { field: { name: 'input.scratch', type: 'size', least: '64 GiB', required: false, everyMachine: false }, ...added },
];

export const SETS: readonly SetView[] = [
  {
    set: {
      name: 'rack-set',
      members: [
        { name: 'rescue', labels: { role: 'web' } },
        { name: 'base', osoid: IMAGES[2]?.osoid ?? hash('x') },
        { name: 'database', recipe: 'debian-db' },
      ],
      final: 'database',
      note: 'Rescue system, base, and what is built on it.',
    },
    enabled: true,
    ...added,
  },
  { set: { name: 'kiosk-set', members: [{ name: 'kiosk', recipe: 'kiosk' }], note: '' }, enabled: false, ...added },
];
