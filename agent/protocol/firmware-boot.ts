// What a machine's firmware starts, in its own order: read at a capture, kept in the image's record of its source. PURE.
import { z } from 'zod';

const bootNumber = z.string().regex(/^[0-9A-F]{4}$/);

export const firmwareBootSchema = z.object({
  kind: z.enum(['bios', 'uefi']),
  /** `Boot####` numbers; empty on BIOS, which keeps its order where nobody can read it. */
  order: z.array(bootNumber).max(256),
  current: bootNumber.nullable(),
  entries: z.array(z.object({ id: bootNumber, active: z.boolean(), label: z.string().max(256), path: z.string().max(1024) })).max(256),
  /** Why the entries could not be read. */
  note: z.string().max(300).optional(),
});
export type FirmwareBoot = Readonly<z.infer<typeof firmwareBootSchema>>;
