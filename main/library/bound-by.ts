// What a manifest says of volumes that open by one machine's TPM.
import type { MachineBinding } from '../../agent/image/machine-binding.ts';
import type { ImageDraft } from '../../agent/image/manifest.ts';

/** Images without such volumes say no more than they ever did, so that readers of before see the same. */
export const boundBy = (bindings: readonly MachineBinding[]): Pick<ImageDraft, 'boundToMachine' | 'bindings'> =>
  bindings.length === 0 ? { boundToMachine: false } : { boundToMachine: true, bindings: [...bindings] };
