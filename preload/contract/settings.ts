// Per-machine settings as people write them: typed fields and cloud-init text, each with `${fact}` where a machine's own value goes
// (docs/operating.md, "Per-machine settings"). Checked when they are saved, filled in when a machine is written.
import { z } from 'zod';

const text = z.string().trim().min(1);

export const settingsSchema = z.strictObject({
  hostname: text.max(300).optional(),
  users: z
    .array(
      z.strictObject({
        name: text.max(100),
        /** Public keys, as in `authorized_keys`. */
        sshKeys: z.array(text.max(16_384)).max(50).default([]),
        /** May become root without a password. */
        sudo: z.boolean().default(false),
        groups: z.array(text.max(100)).max(50).default([]),
      }),
    )
    .max(50)
    .default([]),
  network: z
    .array(
      z.strictObject({
        /** Which card; the one that the machine booted from where this is left out. */
        mac: text.max(100).optional(),
        dhcp: z.boolean().default(false),
        /** With prefix length, such as `10.0.0.5/24`. */
        addresses: z.array(text.max(200)).max(16).default([]),
        gateway: text.max(200).optional(),
        nameservers: z.array(text.max(200)).max(8).default([]),
        search: z.array(text.max(260)).max(8).default([]),
      }),
    )
    .max(32)
    .default([]),
  /** cloud-init's own user-data, such as `#cloud-config`; beside the fields above. */
  userData: z
    .string()
    .max(128 * 1024)
    .optional(),
  /** cloud-init's own network configuration, instead of `network`. */
  networkConfig: z
    .string()
    .max(64 * 1024)
    .optional(),
});
export type Settings = z.infer<typeof settingsSchema>;
