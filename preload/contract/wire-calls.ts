// The calls about the wire that the station serves on; part of calls.ts.
import { z } from 'zod';
import { stationViewSchema } from './views.ts';

const none = z.strictObject({});

/** A network port of the station's computer. */
export const wirePortSchema = z.object({
  name: z.string(),
  kind: z.enum(['wired', 'wireless', 'loopback', 'virtual', 'bridge']),
  /** IPv4, as CIDR. */
  addresses: z.array(z.string()),
  /** Null: the system does not tell. */
  carrier: z.boolean().nullable(),
});
export type WirePort = z.infer<typeof wirePortSchema>;

export const wireWishSchema = z.strictObject({
  /** Null: the software rack, on loopback. */
  nic: z.string().max(64).nullable(),
  mode: z.enum(['server', 'proxy']).default('server'),
  /** CIDR and FIRST-LAST, as `serve` takes them. */
  address: z.string().max(40).optional(),
  pool: z.string().max(80).optional(),
});

export const WIRE_CALLS = {
  'wire.ports': { argument: none, answer: z.array(wirePortSchema) },
  /**
   * Serves there from now on, or in this mode. On another port, listening and arming end: they were meant for the machines of the old one.
   * The answer comes after the first attempt; why it does not serve is in the view. Failures: `wire.busy` and those of the wish, `wire.*`.
   */
  'wire.serve': { argument: wireWishSchema, answer: stationViewSchema },
} as const;
