// A gate in front of a machine's disk, for captures that are to be cut at a known place.
import type { SourceDisk } from '../../../agent/disk/source-disk.ts';
import type { TargetDevice } from '../../../agent/disk/target-disk.ts';

/** A gate that holds a source's reads once `afterBytes` were read, until it is opened. */
export const createReadGate = (afterBytes: number) => {
  let readBytes = 0;
  let isOpen = false;
  let open: () => void = () => undefined;
  let arrive: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const reached = new Promise<void>((resolve) => (arrive = resolve));
  const gated = (source: SourceDisk): SourceDisk => ({
    ...source,
    read: async (offsetBytes, into) => {
      if (readBytes >= afterBytes && !isOpen) {
        arrive();
        await opened;
      }
      await source.read(offsetBytes, into);
      readBytes += into.length;
    },
  });
  return {
    reached,
    open: () => {
      isOpen = true;
      open();
    },
    wrapDevice: (device: TargetDevice): TargetDevice => ({
      ...device,
      openSource: async () => {
        const source = await device.openSource();
        return source.ok ? { ok: true, value: gated(source.value) } : source;
      },
    }),
  };
};
