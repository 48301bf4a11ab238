// Every call a window, a browser or `rackside` can make, with the schema of its argument and of its answer. Any call may
// answer a Failure instead.
import { z } from 'zod';
import { osoidSchema } from '../../agent/protocol/disk.ts';
import { policySchema, traceSchema } from './policy.ts';
import {
  eventViewSchema,
  imageViewSchema,
  jobViewSchema,
  machineDetailSchema,
  machineViewSchema,
  policyViewSchema,
  preflightReportSchema,
  stationViewSchema,
} from './views.ts';

const none = z.strictObject({});
const machineRef = z.strictObject({ machineId: z.string().max(200) });

export const CALLS = {
  'station.get': { argument: none, answer: stationViewSchema },
  'station.describe': {
    argument: z.strictObject({ siteName: z.string().min(1).max(200).optional(), operator: z.string().min(1).max(200).optional() }),
    answer: stationViewSchema,
  },
  'preflight.run': { argument: none, answer: preflightReportSchema },
  /** Minutes null: until switched off or the station ends. */
  'listening.set': {
    argument: z.strictObject({
      on: z.boolean(),
      minutes: z
        .number()
        .positive()
        .max(7 * 24 * 60)
        .nullable(),
      macs: z.array(z.string()).max(1000),
    }),
    answer: stationViewSchema,
  },
  'machines.list': { argument: none, answer: z.array(machineViewSchema) },
  'machines.get': { argument: machineRef, answer: machineDetailSchema },
  /** `eraseSerial` is the serial (or WWN, or for disks without either `size:BYTES`) that the person read from the question. */
  'machines.approve': { argument: machineRef.extend({ eraseSerial: z.string(), consentHash: z.string() }), answer: jobViewSchema },
  /** A person's own choice of image, whatever the policies say; it still asks for consent before it erases. */
  'machines.deploy': {
    argument: machineRef.extend({ osoid: osoidSchema, diskSerial: z.string().nullable(), rewrite: z.boolean() }),
    answer: machineViewSchema,
  },
  'machines.bootLocal': { argument: machineRef, answer: machineViewSchema },
  'machines.hold': { argument: machineRef, answer: machineViewSchema },
  'machines.retry': { argument: machineRef, answer: machineViewSchema },
  'machines.rename': { argument: machineRef.extend({ name: z.string().max(80) }), answer: machineViewSchema },
  'machines.setFact': { argument: machineRef.extend({ fact: z.string(), value: z.string().max(400) }), answer: machineDetailSchema },
  'images.list': { argument: none, answer: z.array(imageViewSchema) },
  'images.get': { argument: z.strictObject({ osoid: z.string() }), answer: imageViewSchema },
  /** Path on the station's own disk. */
  'images.import': {
    argument: z.strictObject({
      path: z.string(),
      name: z.string().min(1).max(120),
      labels: z.record(z.string(), z.string()),
      notes: z.string().max(4000),
    }),
    answer: imageViewSchema,
  },
  'policies.list': { argument: none, answer: z.array(policyViewSchema) },
  'policies.add': { argument: z.strictObject({ policy: policySchema }), answer: policyViewSchema },
  'policies.remove': { argument: z.strictObject({ name: z.string() }), answer: z.array(policyViewSchema) },
  'policies.enable': { argument: z.strictObject({ name: z.string(), enabled: z.boolean() }), answer: policyViewSchema },
  'policies.explain': { argument: machineRef, answer: traceSchema },
  'jobs.list': { argument: none, answer: z.array(jobViewSchema) },
  'jobs.cancel': { argument: z.strictObject({ jobId: z.string() }), answer: jobViewSchema },
  'events.list': {
    argument: z.strictObject({ afterId: z.number().int(), limit: z.number().int().min(1).max(1000), machineId: z.string().nullable() }),
    answer: z.array(eventViewSchema),
  },
} as const;

export type Calls = typeof CALLS;
export type CallName = keyof Calls;
export type CallArgument<N extends CallName> = z.input<Calls[N]['argument']>;
export type CallAnswer<N extends CallName> = z.output<Calls[N]['answer']>;
