// Swap space (Linux mm/swapfile.c, include/linux/swap.h): the header page with label and UUID is kept, the pages are not. A
// hibernated system lies in swap under another signature.
import { createBlockMap } from './block-map.ts';
import type { UsedReader, Volume } from './volume.ts';
import { hibernated, malformed, unsupported } from './volume.ts';

const PAGE_SIZES = [4096, 8192, 16_384, 32_768, 65_536] as const;
const ASLEEP = ['S1SUSPEND', 'S2SUSPEND', 'ULSUSPEND', 'LINHIB0001'] as const;

type SwapSignature = { readonly pageBytes: number; readonly isAsleep: boolean };

/** The signature at the end of the first page, whatever size a page has on the machine that made it. */
export const findSwap = async (volume: Volume): Promise<SwapSignature | null> => {
  for (const pageBytes of PAGE_SIZES) {
    if (pageBytes > volume.sizeBytes) break;
    const words = (await volume.read(pageBytes - 10, 10)).toString('latin1');
    if (words === 'SWAPSPACE2') return { pageBytes, isAsleep: false };
    if (ASLEEP.some((word) => words.startsWith(word))) return { pageBytes, isAsleep: true };
  }
  return null;
};

export const readSwap: UsedReader = async (volume) => {
  const found = await findSwap(volume);
  if (found === null) throw malformed('its swap header is gone');
  if (found.isAsleep) throw hibernated('its memory lies in the swap space');
  const { pageBytes } = found;
  const header = await volume.read(1024, 12);
  if (header.readUInt32LE(0) !== 1) throw unsupported('this swap space is of an unknown version');
  const pageCount = header.readUInt32LE(4) + 1;
  if (pageCount < 2 || pageCount * pageBytes > volume.sizeBytes) throw malformed('it is larger than its partition');
  const map = createBlockMap({ sizeBytes: volume.sizeBytes, blockSizeBytes: pageBytes });
  map.free(pageBytes, (pageCount - 1) * pageBytes);
  return map;
};
