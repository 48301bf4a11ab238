// The gate for settings that come from outside, a file or a policy: their shape, their fact names, and what can be judged of their
// values without a machine.
import type { Result } from '../../agent/protocol/failure.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import { settingsSchema } from '../../preload/contract/settings.ts';
import type { Settings } from '../../preload/contract/settings.ts';
import { renderSettings } from './render.ts';

/** Codes: `settings.invalid`, `settings.unknown-fact`. Values are never repeated: they may be secrets. */
export const checkSettings = (value: unknown): Result<Settings> => {
  const parsed = settingsSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
    const known = Object.keys(settingsSchema.shape).join(', ');
    const why =
      issue?.code === 'unrecognized_keys'
        ? `unknown field ${issue.keys.join(', ')}; there are ${known}`
        : (issue?.message ?? 'cannot be read');
    return failed('settings.invalid', `settings${path}: ${why}.`, 'Correct it and try again; nothing was changed.');
  }
  const rendered = renderSettings(parsed.data, null);
  return rendered.ok ? success(parsed.data) : { ok: false, failure: rendered.failure };
};
