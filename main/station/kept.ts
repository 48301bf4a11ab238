// What people chose while the station ran, for its next start: the port it serves on, and the libraries it reads beside its own. Options
// at that start go before it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Events } from '../database/events.ts';
import { writeDurably } from '../durable-file.ts';
import type { WireOptions } from '../wire/options.ts';

export type KeptWire = Extract<WireOptions, { readonly kind: 'rack' }>;
/** `wire` null: nobody has chosen a port. */
export type Kept = { readonly wire: KeptWire | null; readonly libraries: readonly string[] };

const keptSchema = z.object({
  version: z.literal(1),
  wire: z
    .object({
      kind: z.literal('rack'),
      nic: z.string(),
      network: z.object({ address: z.string(), prefixLength: z.number().int() }),
      mode: z.enum(['server', 'proxy']),
      pool: z.object({ first: z.string(), last: z.string() }),
      httpPort: z.number().int(),
      leaseSeconds: z.number().int(),
      lease: z
        .object({
          routers: z.array(z.string()).optional(),
          nameServers: z.array(z.string()).optional(),
          domainName: z.string().optional(),
          leaseToEveryone: z.boolean().optional(),
        })
        .optional(),
    })
    .nullable(),
  libraries: z.array(z.string()),
});

const NOTHING: Kept = { wire: null, libraries: [] };
const pathIn = (dataFolder: string): string => join(dataFolder, 'kept.json');

/** Nothing where there is no such file, or one that is not understood: then a person chooses again. */
export const readKept = (dataFolder: string): Kept => {
  try {
    const { wire, libraries } = keptSchema.parse(JSON.parse(readFileSync(pathIn(dataFolder), 'utf8')));
    // Read from JSON, so nothing in it is `undefined`.
    return { wire: wire as KeptWire | null, libraries };
  } catch {
    return NOTHING;
  }
};

export type Keeping = {
  /** Null: no port is chosen any more. */
  wire(wire: KeptWire | null): void;
  library(folder: string, isOpen: boolean): void;
};

/** A choice that cannot be written down holds until the station ends, and the event log says so. */
export const createKeeping = ({ dataFolder, events }: { readonly dataFolder: string; readonly events: Pick<Events, 'log'> }): Keeping => {
  const keep = (change: Partial<Kept>): void => {
    try {
      writeDurably(pathIn(dataFolder), JSON.stringify({ version: 1, ...readKept(dataFolder), ...change }, null, 2));
    } catch (error) {
      const text = `What was chosen holds until the station ends: it could not be written down (${(error as Error).message}). Free space, then choose again.`;
      events.log({ kind: 'station.not-kept', text, level: 'warn' });
    }
  };
  return {
    wire: (wire) => keep({ wire }),
    library: (folder, isOpen) => {
      const others = readKept(dataFolder).libraries.filter((one) => one !== folder);
      keep({ libraries: isOpen ? [...others, folder] : others });
    },
  };
};
