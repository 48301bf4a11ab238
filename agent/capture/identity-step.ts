// The step of a capture that deals with identity: looks for it on an overlay of the disk and, where a person wants it out, has the
// capture go on with what the overlay then reads as. Without that the source itself is read, so that its image is what it always was.
import { carry, valueOf } from '../disk/carried-failure.ts';
import type { DiskOverlay } from '../disk/overlay.ts';
import type { SourceDisk } from '../disk/source-disk.ts';
import { readerOf } from '../disk/wipe.ts';
import { describeReport, lookAtDisk } from '../identity/look.ts';
import { volumesOf } from '../identity/volumes.ts';
import type { IdentityReport } from '../protocol/identity.ts';
import type { Survey } from './survey.ts';
import { surveyDisk } from './survey.ts';
import type { CaptureOptions } from './types.ts';

export type Captured = {
  /** What is read in bulk. */
  readonly disk: SourceDisk;
  readonly survey: Survey;
  readonly identity: IdentityReport;
  readonly note: string;
  /** Ends the overlay, where the capture reads it. */
  readonly close: () => Promise<void>;
};

type Options = Pick<CaptureOptions, 'order' | 'logicalSectorBytes' | 'signal'>;

/** Codes: those of agent/disk/overlay.ts and agent/identity/look.ts; thrown, carried. */
export const dealWithIdentity = async (
  options: Options,
  source: { readonly disk: SourceDisk; readonly survey: Survey },
  openOverlay: NonNullable<CaptureOptions['openOverlay']>,
): Promise<Captured> => {
  const neutralise = options.order.neutralise ?? [];
  const opened = await openOverlay();
  if (!opened.ok) {
    if (neutralise.length > 0) throw carry(opened.failure);
    const { code, message, next } = opened.failure;
    const identity = { neutralise: [], findings: [], more: 0, problems: [{ volume: 'the disk', code, message, next }] };
    return { ...source, identity, note: describeReport(identity), close: () => Promise.resolve() };
  }
  const overlay = opened.value;
  try {
    return await onOverlay(options, source, overlay);
  } catch (error) {
    await overlay.close();
    throw error;
  }
};

const onOverlay = async (
  { order, logicalSectorBytes, signal }: Options,
  source: { readonly disk: SourceDisk; readonly survey: Survey },
  overlay: DiskOverlay,
): Promise<Captured> => {
  const neutralise = order.neutralise ?? [];
  const { uses } = source.survey;
  const volumes = await volumesOf(readerOf(source.disk), uses);
  const identity = valueOf(await lookAtDisk({ overlay, disk: volumes, neutralise, signal }));
  const note = describeReport(identity);
  if (!identity.findings.some(({ outcome }) => outcome === 'removed' || outcome === 'reset')) {
    // Nothing was changed but what mounting changes by itself, and that is no part of an image.
    await overlay.close();
    return { ...source, identity, note, close: () => Promise.resolve() };
  }
  const disk = valueOf(await overlay.openSource());
  const close = async (): Promise<void> => {
    await disk.close();
    await overlay.close();
  };
  try {
    // Files have gone, and their blocks with them.
    return { disk, survey: await surveyDisk(disk, logicalSectorBytes, signal), identity, note, close };
  } catch (error) {
    await disk.close();
    throw error;
  }
};
