// Every call a window, a browser or `rackside` can make, with the schema of its argument and of its answer. Any call may
// answer a Failure instead.
import { z } from 'zod';
import { osoidSchema } from '../../agent/protocol/disk.ts';
import { growSchema } from '../../agent/protocol/grow.ts';
import { IDENTITY_KINDS, identityKindSchema } from '../../agent/protocol/identity.ts';
import { armingPreviewSchema, armWishSchema } from './arming.ts';
import { answersSchema } from '../../agent/protocol/fields.ts';
import { ARRIVAL_CALLS } from './arrivals.ts';
import { CHOICE_CALLS } from './choice.ts';
import { FIELD_CALLS } from './fields.ts';
import { LIBRARY_CALLS } from './library-calls.ts';
import { OUTLOOK_CALLS } from './outlook.ts';
import { PLAN_CALLS } from './plan-calls.ts';
import { POLICY_FILE_MAX, policyImportSchema, policyPreviewSchema, policySchema, traceSchema } from './policy.ts';
import { READY_CALLS } from './ready.ts';
import { REPORT_CALLS } from './report.ts';
import { SET_CALLS } from './image-set.ts';
import { RECIPE_CALLS } from './recipe.ts';
import { WIRE_CALLS } from './wire-calls.ts';
import { wireTrailHeadSchema, wireTrailSchema } from './wire-views.ts';
import {
  eventViewSchema,
  imageViewSchema,
  jobViewSchema,
  machineDetailSchema,
  machineFactsSchema,
  machineViewSchema,
  policyViewSchema,
  preflightReportSchema,
  recordChangeSchema,
  stationViewSchema,
} from './views.ts';

const none = z.strictObject({});
const machineRef = z.strictObject({ machineId: z.string().max(200) });

/** `name` is what people call the file. A text too long for a frame is read by the station from its own disk. */
const policyFile = z.union([
  z.strictObject({ name: z.string().min(1).max(400), text: z.string().max(POLICY_FILE_MAX) }),
  z.strictObject({ name: z.string().min(1).max(400), path: z.string().min(1).max(4096) }),
]);

export const CALLS = {
  ...ARRIVAL_CALLS,
  ...CHOICE_CALLS,
  ...FIELD_CALLS,
  ...LIBRARY_CALLS,
  ...OUTLOOK_CALLS,
  ...PLAN_CALLS,
  ...READY_CALLS,
  ...REPORT_CALLS,
  ...RECIPE_CALLS,
  ...SET_CALLS,
  ...WIRE_CALLS,
  'station.get': { argument: none, answer: stationViewSchema },
  'station.describe': {
    argument: z.strictObject({ siteName: z.string().min(1).max(200).optional(), operator: z.string().min(1).max(200).optional() }),
    answer: stationViewSchema,
  },
  'preflight.run': { argument: none, answer: preflightReportSchema },
  /**
   * Minutes null: until switched off or the station ends. With `macs` or `ports`, only those are answered. A port is `PORT` or `SWITCH PORT`, as
   * the switch names itself by LLDP or in option 82 of a request.
   */
  'listening.set': {
    argument: z.strictObject({
      on: z.boolean(),
      minutes: z
        .number()
        .positive()
        .max(7 * 24 * 60)
        .nullable(),
      macs: z.array(z.string()).max(1000),
      ports: z.array(z.string().trim().min(1).max(200)).max(1000).default([]),
    }),
    answer: stationViewSchema,
  },
  'arming.preview': { argument: none, answer: armingPreviewSchema },
  /** Lets `auto` policies write without asking what the preview showed. Failures: `arming.preview-changed`, `arming.nothing`, `arming.armed`. */
  'arming.arm': { argument: armWishSchema, answer: stationViewSchema },
  'arming.disarm': { argument: none, answer: stationViewSchema },
  'machines.list': { argument: none, answer: z.array(machineViewSchema) },
  'machines.get': { argument: machineRef, answer: machineDetailSchema },
  /** `eraseSerial` is the serial (or WWN, or for disks without either `size:BYTES`) that the person read from the question. */
  'machines.approve': { argument: machineRef.extend({ eraseSerial: z.string(), consentHash: z.string() }), answer: jobViewSchema },
  /** A person's own choice of image, whatever the policies say; it still asks for consent before it erases. */
  'machines.deploy': {
    argument: machineRef.extend({
      osoid: osoidSchema,
      diskSerial: z.string().nullable(),
      rewrite: z.boolean(),
      /** The person has read that the image's signature is not trusted and wants it all the same; goes on record. */
      acceptUntrusted: z.boolean().optional(),
      /** `none`, `last` (the default), a partition's number, name or label, or `GROUP/VOLUME`. */
      grow: growSchema.optional(),
      /** As preload/contract/settings.ts says; checked by the station, which names the place of what is wrong. */
      settings: z.unknown().optional(),
      /** The person knows that volumes of it are sealed to the machine it was made on, and wants it here; goes on record. */
      acceptBound: z.boolean().optional(),
    }),
    answer: machineViewSchema,
  },
  /** Makes an image of the machine's disk; `diskSerial` (or WWN) is needed where it has several. It writes nothing to the machine. */
  'machines.capture': {
    argument: machineRef.extend({
      name: z.string().trim().min(1).max(120),
      diskSerial: z.string().max(256).nullable(),
      labels: z.record(z.string(), z.string()),
      notes: z.string().max(4000),
      /** Leaves serial numbers, MACs and other names of this very machine out of the image's record of its source. */
      redactSerials: z.boolean(),
      /** What makes a system one of its kind, to be taken out of the image and not of the disk. Code of the job: `identity.unavailable`. */
      neutralise: z.array(identityKindSchema).max(IDENTITY_KINDS.length).default([]),
    }),
    answer: jobViewSchema,
  },
  /**
   * Holds the machine's disk against the image that its provenance record names; `diskSerial` (or WWN) is needed where several carry one.
   * It writes nothing there; with `heal`, the library gets back those of the image's chunks that it lacks and the disk has. Codes: `verify.*`,
   * `disk.unknown`, `machine.offline`, `machine.not-ready`, `job.running`, `image.untrusted`; of the job: `heal.*`, `library.*`.
   */
  'machines.verify': {
    argument: machineRef.extend({ diskSerial: z.string().max(256).nullable(), heal: z.boolean().default(false) }),
    answer: jobViewSchema,
  },
  'machines.bootLocal': { argument: machineRef, answer: machineViewSchema },
  'machines.hold': { argument: machineRef, answer: machineViewSchema },
  'machines.retry': { argument: machineRef, answer: machineViewSchema },
  'machines.rename': { argument: machineRef.extend({ name: z.string().max(80) }), answer: machineViewSchema },
  'machines.setFact': { argument: machineRef.extend({ fact: z.string(), value: z.string().max(400) }), answer: machineDetailSchema },
  /** What people are asked, by the names of the fields. Codes: `answer.nothing`, `answer.invalid`, `answer.taken`. */
  'machines.answer': { argument: machineRef.extend({ values: answersSchema.shape.values }), answer: machineDetailSchema },
  /** The other's record becomes part of this one; `machines.undo` takes it back. */
  'machines.merge': { argument: machineRef.extend({ otherId: z.string().max(200) }), answer: recordChangeSchema },
  /** These values (serials, UUID, MACs, disks) belong to a machine of its own. None: a look-alike is a machine of its own. */
  'machines.split': { argument: machineRef.extend({ values: z.array(z.string().max(400)).max(64) }), answer: recordChangeSchema },
  'machines.undo': { argument: z.strictObject({ changeId: z.number().int() }), answer: recordChangeSchema },
  'machines.changes': { argument: none, answer: z.array(recordChangeSchema) },
  'machines.facts': { argument: machineRef, answer: machineFactsSchema },
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
  /** A file's text: one policy, a list, or what `policies.export` gave. All are added and on, or none. Codes: `policy.file-unreadable`, `policy.invalid`. */
  'policies.save': { argument: policyFile, answer: z.array(policyViewSchema) },
  /** What `policies.save` of this text would change, and nothing is. `switchOn`: as if all of them were on. */
  'policies.preview': { argument: z.strictObject({ file: policyFile, switchOn: z.boolean().default(false) }), answer: policyPreviewSchema },
  'policies.export': { argument: none, answer: z.object({ text: z.string(), policies: z.number().int() }) },
  /** The same text from elsewhere: nothing is switched on or replaced before a person has seen the difference (`policies.enable`). */
  'policies.import': { argument: policyFile, answer: policyImportSchema },
  /** Forgets what came by import under this name; what is here stays as it is. */
  'policies.discard': { argument: z.strictObject({ name: z.string() }), answer: z.array(policyViewSchema) },
  'policies.remove': { argument: z.strictObject({ name: z.string() }), answer: z.array(policyViewSchema) },
  /** `seen`: hash of the difference that was shown; needed for what came by import. Code: `policy.not-seen`. */
  'policies.enable': {
    argument: z.strictObject({ name: z.string(), enabled: z.boolean(), seen: z.string().max(64).nullable().default(null) }),
    answer: policyViewSchema,
  },
  /** A page of the trace, in the order of the ranks. */
  'policies.explain': {
    argument: machineRef.extend({
      from: z.number().int().min(0).default(0),
      most: z.number().int().min(1).max(1000).default(1000),
    }),
    answer: traceSchema,
  },
  'jobs.list': { argument: none, answer: z.array(jobViewSchema) },
  'jobs.cancel': { argument: z.strictObject({ jobId: z.string() }), answer: jobViewSchema },
  /** Every MAC whose boot was seen, the latest first, with where it stands. */
  'wire.list': { argument: none, answer: z.array(wireTrailHeadSchema) },
  /** The latest boot among the MACs of one machine, step by step; for a MAC that was never heard, the answer says so. */
  'wire.get': {
    argument: z.strictObject({
      macs: z
        .array(z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/))
        .min(1)
        .max(64),
    }),
    answer: wireTrailSchema,
  },
  /** Oldest first: those after `afterId`, or with `beforeId` the last ones before it. */
  'events.list': {
    argument: z.strictObject({
      afterId: z.number().int(),
      beforeId: z.number().int().nullable().default(null),
      limit: z.number().int().min(1).max(1000),
      machineId: z.string().nullable(),
    }),
    answer: z.array(eventViewSchema),
  },
} as const;

export type Calls = typeof CALLS;
export type CallName = keyof Calls;
export type CallArgument<N extends CallName> = z.input<Calls[N]['argument']>;
export type CallAnswer<N extends CallName> = z.output<Calls[N]['answer']>;
