// The hand-over report of a site and the calls for it: who was there, which machines, what was put on which disk by whose word, and what
// was left open. Made from the station's records whenever it is asked for.
import { z } from 'zod';
import { diskIdentitySchema, osoidSchema } from '../../agent/protocol/disk.ts';
import { failureSchema } from '../../agent/protocol/failure.ts';
import { sitePlanViewSchema } from './plan-views.ts';
import { imageViewSchema, jobViewSchema, machineStateSchema, machineViewSchema } from './views.ts';

const at = z.number().int();

/** A stretch of work at the site without a pause of hours in it. */
const visitSchema = z.object({ sinceMs: at, untilMs: at, operators: z.array(z.string()) });
export type ReportVisit = z.infer<typeof visitSchema>;

const reportMachineSchema = machineViewSchema
  .pick({ id: true, name: true, manufacturer: true, model: true, serial: true, macs: true, position: true, firmware: true })
  .extend({
    secureBoot: z.boolean().nullable(),
    /** False: heard on the wire only; its agent never ran. */
    identified: z.boolean(),
    /** First and last that happened to it at this site, in this period. */
    sinceMs: at,
    untilMs: at,
    state: machineStateSchema,
    says: z.string(),
    failure: failureSchema.nullable(),
    /** Something happened to it after the period, or elsewhere: the state above is that of now. */
    later: z.object({ atMs: at, siteName: z.string() }).nullable(),
    /** Null where the site has no plan. `otherwise`: it is here, and not as planned. */
    plan: z.enum(['planned', 'otherwise', 'unplanned']).nullable(),
    /** What its own disk holds by the record that was written or read; null unless it is provisioned. */
    holds: z.object({ osoid: osoidSchema, imageName: z.string().nullable(), disk: diskIdentitySchema.nullable() }).nullable(),
  });
export type ReportMachine = z.infer<typeof reportMachineSchema>;

const reportWorkSchema = jobViewSchema
  .pick({
    ...{ id: true, machineId: true, machineName: true, kind: true, osoid: true, imageName: true, state: true },
    ...{ attempt: true, operator: true, createdAtMs: true, endedAtMs: true, failure: true },
  })
  .extend({
    /** The policy that decided; null where a person did. */
    policy: z.string().nullable(),
    disk: diskIdentitySchema,
    /** Of a deploy that is done: written, and read back and found right. A deep check writes nothing, and finds so much as the image has it. */
    bytesWritten: z.number().int().nullable(),
    bytesVerified: z.number().int().nullable(),
    /** Of a deep check that is done: something on the disk is not as the image has it. */
    drifted: z.boolean().nullable(),
    /** Revision of the image that a capture or a build made. */
    revision: z.number().int().nullable(),
    /** Null for a capture: nothing is erased. `armed`: by a policy at an armed site, in the name of who armed. */
    consent: z.object({ atMs: at, by: z.string(), givenBy: z.enum(['person', 'armed']) }).nullable(),
  });
export type ReportWork = z.infer<typeof reportWorkSchema>;

const planRowSchema = sitePlanViewSchema.shape.rows.element
  .pick({ line: true, keys: true, facts: true, conflict: true, differences: true })
  .extend({
    /** `earlier`: known, and not heard here in this period. */
    state: z.enum(['seen', 'earlier', 'missing', 'conflict']),
    machine: z.object({ id: z.string(), name: z.string() }).nullable(),
  });
export type ReportPlanRow = z.infer<typeof planRowSchema>;

const happeningSchema = z.object({
  atMs: at,
  kind: z.string(),
  operator: z.string(),
  machine: z.object({ id: z.string(), name: z.string() }).nullable(),
  text: z.string(),
});
export type ReportHappening = z.infer<typeof happeningSchema>;

export const siteReportSchema = z.object({
  /** Of this document; raised with every change of what is here. */
  format: z.literal(1),
  siteName: z.string(),
  madeAtMs: at,
  /** As asked for; null: from the first day, until now. */
  period: z.object({ sinceMs: at.nullable(), untilMs: at.nullable() }),
  /** Of the whole site, the latest last. */
  visits: z.array(visitSchema),
  operators: z.array(z.string()),
  /** Serials, MACs and other names of single machines are left out. */
  redacted: z.boolean(),
  station: z.object({ name: z.string(), version: z.string(), keyId: z.string(), kitId: z.string().nullable() }),
  counts: z.object({
    ...{ machines: z.number().int(), heard: z.number().int(), provisioned: z.number().int(), deployed: z.number().int() },
    ...{ built: z.number().int(), captured: z.number().int(), failed: z.number().int(), open: z.number().int() },
  }),
  /** What somebody still has to see to. */
  open: z.array(
    z.object({
      kind: z.enum(['machine', 'job', 'plan', 'construction', 'set', 'arming']),
      name: z.string(),
      machineId: z.string().nullable(),
      text: z.string(),
      next: z.string(),
    }),
  ),
  machines: z.array(reportMachineSchema),
  work: z.array(reportWorkSchema),
  plan: z
    .object({
      ...{ name: z.string(), importedAtMs: at, operator: z.string() },
      counts: z.object({
        ...{ expected: z.number().int(), seen: z.number().int(), earlier: z.number().int(), missing: z.number().int() },
        ...{ conflicts: z.number().int(), otherwise: z.number().int(), unplanned: z.number().int() },
      }),
      rows: z.array(planRowSchema),
    })
    .nullable(),
  constructions: z.array(
    z.object({
      ...{ id: z.string(), recipe: z.string(), imageName: z.string(), machineName: z.string() },
      state: z.enum(['running', 'done', 'failed', 'cancelled']),
      ...{ startedAtMs: at, endedAtMs: at.nullable(), osoid: osoidSchema.nullable(), failure: failureSchema.nullable() },
    }),
  ),
  armings: z.array(
    z.object({
      ...{ operator: z.string(), sinceMs: at, untilMs: at, endedAtMs: at.nullable(), endReason: z.string().nullable() },
      ...{ machines: z.number().int(), used: z.number().int(), replaceExisting: z.boolean() },
      images: z.array(z.object({ policy: z.string(), osoid: osoidSchema, imageName: z.string() })),
    }),
  ),
  /** A person took an image whose signature is not trusted, or that is bound to another machine. */
  overrides: z.array(happeningSchema),
  /** Whatever else belongs on record: records merged and parted, keys, boot kits, images that came and went. */
  notes: z.array(happeningSchema),
  /** Every image named above; `trust` null where no library that is open has it any more. */
  images: z.array(
    imageViewSchema.pick({ osoid: true }).extend({
      ...{ name: z.string(), revision: z.number().int().nullable(), manifestSha256: z.string().nullable() },
      ...{ trust: imageViewSchema.shape.trust.nullable(), keyId: z.string().nullable(), keyName: z.string().nullable() },
    }),
  ),
  keys: z.array(z.object({ keyId: z.string(), name: z.string() })),
});
export type SiteReport = z.infer<typeof siteReportSchema>;
export type ReportOpen = SiteReport['open'][number];

const wish = z.strictObject({
  /** By its name; null: where the station is. */
  site: z.string().max(200).nullable().default(null),
  /** Inclusive, and exclusive. */
  sinceMs: at.nullable().default(null),
  untilMs: at.nullable().default(null),
  redactSerials: z.boolean().default(false),
});
export type ReportWish = z.output<typeof wish>;

export const REPORT_FORMATS = ['html', 'csv', 'json'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export const REPORT_CALLS = {
  /** Failure: `report.site-unknown`. */
  'report.get': { argument: wish, answer: siteReportSchema },
  /** The same as a document that stands by itself; `name` is a proposal for its file. CSV has the machines alone. */
  'report.file': {
    argument: wish.extend({ format: z.enum(REPORT_FORMATS) }),
    answer: z.object({ name: z.string(), mediaType: z.string(), text: z.string() }),
  },
} as const;
