// The machines of the scene, one in each state that a person meets.
import { IMAGES, MINUTE_MS, dataDisk, hash, ubuntuDisk } from './scene-parts.ts';
import type { MachineView } from '../../preload/contract/views.ts';

export const WEB = IMAGES[0]!;

export type Seed = Partial<MachineView> & Pick<MachineView, 'id' | 'state'> & { readonly port: number; readonly agoMs?: number };

export const machineOf = (nowMs: number, { port, agoMs = MINUTE_MS, ...seed }: Seed): MachineView => ({
  name: seed.id,
  manufacturer: 'Dell Inc.',
  model: 'PowerEdge R640',
  serial: `7XK2P${String(port).padStart(2, '0')}`,
  macs: [`3c:ec:ef:10:20:${port.toString(16).padStart(2, '0')}`],
  position: `sw-12 port ${String(port).padStart(2, '0')}`,
  firmware: 'uefi',
  secureBoot: true,
  stateAtMs: nowMs - agoMs,
  says: '',
  question: null,
  failure: null,
  osoid: null,
  imageName: null,
  jobId: null,
  online: true,
  firstSeenAtMs: nowMs - 20 * MINUTE_MS,
  lastSeenAtMs: nowMs,
  ...seed,
});

export const deployed = { osoid: WEB.osoid, imageName: 'web-golden r11' };

const eraseQuestion = (id: string, serial: string): MachineView['question'] => ({
  kind: 'erase',
  ...deployed,
  disk: ubuntuDisk(serial),
  untouched: [dataDisk(`WD${id}`)],
  fetchBytes: 4_100_000_000,
  consentHash: hash(`consent ${id}`),
});

export const seeds: readonly Seed[] = [
  {
    id: 'web-01',
    state: 'provisioned',
    port: 1,
    agoMs: 9 * MINUTE_MS,
    jobId: 'j1',
    ...deployed,
    says: 'web-golden r11 is on its disk, verified.',
  },
  {
    id: 'web-02',
    state: 'provisioned',
    port: 2,
    agoMs: 8 * MINUTE_MS,
    jobId: 'j2',
    ...deployed,
    says: 'web-golden r11 is on its disk, verified.',
  },
  { id: 'web-03', state: 'working', port: 3, jobId: 'j3', ...deployed, says: 'Fetching and writing web-golden r11.' },
  { id: 'web-04', state: 'working', port: 4, jobId: 'j4', ...deployed, says: 'Fetching and writing web-golden r11.' },
  {
    id: 'db-01',
    state: 'booting',
    port: 5,
    manufacturer: 'HPE',
    model: 'ProLiant DL380 Gen10',
    serial: 'CZJ1230A',
    agoMs: 6000,
    says: 'Its kernel and first stage are on their way.',
    online: false,
  },
  {
    id: 'm-06',
    state: 'failed',
    port: 6,
    name: '7XK2P06',
    manufacturer: 'Supermicro',
    model: 'SYS-6018R',
    agoMs: 90_000,
    online: false,
    says: 'It fetched its kernel and was not heard again.',
    failure: {
      code: 'boot.no-hello',
      message: 'It fetched its kernel 90 s ago, and its agent has not called.',
      next: 'Look at its screen; if it shows no network driver, add the firmware named there.',
    },
  },
  {
    id: 'web-07',
    state: 'waiting',
    port: 7,
    agoMs: 161_000,
    question: eraseQuestion('web-07', 'S6KXNE0T'),
    says: 'Waits for your consent to erase.',
  },
  {
    id: 'web-08',
    state: 'waiting',
    port: 8,
    agoMs: 159_000,
    question: eraseQuestion('web-08', 'S6KXNE1R'),
    says: 'Waits for your consent to erase.',
  },
  {
    id: 'kvm-01',
    state: 'provisioned',
    port: 10,
    manufacturer: 'Lenovo',
    model: 'ThinkSystem SR630',
    ...deployed,
    agoMs: 4 * MINUTE_MS,
    says: 'Its disk already holds web-golden r11: boots its own disk.',
  },
  {
    id: 'm-11',
    state: 'waiting',
    port: 11,
    name: '3c:ec:ef:10:20:0b',
    manufacturer: null,
    model: null,
    serial: null,
    agoMs: 31_000,
    question: { kind: 'fact', facts: ['role'], reason: 'Policy web-nodes decides by role, and nobody has said what this machine is for.' },
    says: 'Its role is not known.',
  },
  {
    id: 'edge-02',
    state: 'waiting',
    port: 13,
    manufacturer: 'Intel',
    model: 'NUC11',
    agoMs: 240_000,
    firmware: 'bios',
    secureBoot: null,
    question: {
      kind: 'refused',
      failures: [
        {
          code: 'disk.too-small',
          message: 'Its only disk (240 GB) is smaller than web-golden r11 needs (320 GB).',
          next: 'Put a larger disk in, or choose another image.',
        },
      ],
    },
    says: 'No disk is large enough.',
  },
  {
    id: 'm-14',
    state: 'seen',
    port: 14,
    name: '3c:ec:ef:10:20:0e',
    manufacturer: null,
    model: null,
    serial: null,
    firmware: null,
    secureBoot: null,
    agoMs: 12_000,
    online: false,
    says: 'Asked for an address; listening is off for it.',
  },
  { id: 'edge-03', state: 'waiting', port: 16, agoMs: 7 * MINUTE_MS, says: 'Held by M. Okafor.' },
];
