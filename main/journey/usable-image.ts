// May this image be written to this machine? Only if the station's keys vouch for it, or a person has accepted this very manifest
// for this very machine, on record.
import type { ImageView } from '../../preload/contract/views.ts';
import type { Override } from './override-rows.ts';

type Signed = Pick<ImageView, 'osoid' | 'trust' | 'manifestSha256'>;

export const isUsable = (image: Signed, override: Override | null): boolean =>
  image.trust === 'trusted' ||
  (override?.kind === 'deploy' && override.osoid === image.osoid && override.accepted?.manifestSha256 === image.manifestSha256);
