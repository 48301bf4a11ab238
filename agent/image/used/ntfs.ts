// Used clusters of NTFS: those in the file $Bitmap that are not in $BadClus. The rest is about whether it may be believed: Windows leaves a volume dirty, asleep, or half
// in its own memory ("fast startup") and calls that shut down.
import { bitRuns, createBlockMap } from './block-map.ts';
import type { Run } from './ntfs-record.ts';
import { ATTRIBUTE, unprotect } from './ntfs-record.ts';
import { findHibernation } from './ntfs-hibernation.ts';
import type { NtfsVolume, Stream } from './ntfs-volume.ts';
import { openNtfs } from './ntfs-volume.ts';
import type { UsedReader } from './volume.ts';
import { dirty, hibernated, malformed, unsupported } from './volume.ts';

const RECORD = { table: 0, tableCopy: 1, log: 2, volume: 3, root: 5, bitmap: 6, badClusters: 8 } as const;
const PIECE_BYTES = 1024 * 1024;
const MAX_BITMAP_BYTES = 2 ** 32 / 8;

export const readNtfs: UsedReader = async (volume) => {
  const ntfs = await openNtfs(volume);
  await refuseDirtyFlag(ntfs);
  if (await findHibernation(ntfs, await ntfs.record(RECORD.root))) throw hibernated('hiberfil.sys holds a Windows session');
  await refuseOpenLog(ntfs);
  const { clusterBytes, clusterCount } = ntfs;
  const bitmap = await dataOf(ntfs, RECORD.bitmap);
  const neededBytes = Math.ceil(clusterCount / 8);
  if (bitmap.sizeBytes < neededBytes || bitmap.initialisedBytes < neededBytes || neededBytes > MAX_BITMAP_BYTES)
    throw malformed('its bitmap has the wrong size');
  const map = createBlockMap({ sizeBytes: volume.sizeBytes, blockSizeBytes: clusterBytes });
  for (let at = 0; at < neededBytes; at += PIECE_BYTES) {
    const bytes = await bitmap.read(at, Math.min(PIECE_BYTES, neededBytes - at));
    for (const [from, to] of bitRuns(bytes, 0, Math.min(bytes.length * 8, clusterCount - at * 8), 0))
      map.free((at * 8 + from) * clusterBytes, (to - from) * clusterBytes);
  }
  for (const { lcn, clusters } of await badRuns(ntfs)) map.free(lcn * clusterBytes, clusters * clusterBytes);
  for (const run of await ownRuns(ntfs)) {
    const isUsed = [...map.rangesIn((run.lcn ?? 0) * clusterBytes, run.clusters * clusterBytes)].reduce(
      (sum, one) => sum + one.lengthBytes,
      0,
    );
    if (run.lcn !== null && isUsed < run.clusters * clusterBytes) throw malformed('its bitmap calls itself free');
  }
  // The copy of the boot sector lies behind the last cluster, or in it where the volume fills its partition.
  map.use(volume.sizeBytes - 512, 512);
  return map;
};

/** What the filesystem cannot do without, and what therefore is neither free nor bad. */
const ownRuns = async (ntfs: NtfsVolume): Promise<readonly Run[]> => {
  const runs: Run[] = [{ lcn: 0, clusters: 1 }];
  for (const number of [RECORD.table, RECORD.tableCopy, RECORD.log, RECORD.bitmap]) runs.push(...(await dataOf(ntfs, number)).runs);
  return runs;
};

/** Clusters that could not be read once: each lies in the sparse stream `$Bad` at its own place, and holds nothing. */
const badRuns = async (ntfs: NtfsVolume): Promise<readonly { readonly lcn: number; readonly clusters: number }[]> => {
  const bad = await ntfs.stream(await ntfs.record(RECORD.badClusters), ATTRIBUTE.data, '$Bad');
  let vcn = 0;
  return (bad?.runs ?? []).flatMap(({ lcn, clusters }) => {
    if (lcn !== null && (lcn !== vcn || lcn + clusters > ntfs.clusterCount)) throw malformed('its list of bad clusters makes no sense');
    vcn += clusters;
    return lcn === null ? [] : [{ lcn, clusters }];
  });
};

const dataOf = async (ntfs: NtfsVolume, number: number): Promise<Stream> => {
  const stream = await ntfs.stream(await ntfs.record(number), ATTRIBUTE.data);
  if (stream === undefined) throw malformed(`its system file ${number} has no data`);
  return stream;
};

const refuseDirtyFlag = async (ntfs: NtfsVolume): Promise<void> => {
  const information = await ntfs.stream(await ntfs.record(RECORD.volume), ATTRIBUTE.volumeInformation);
  if (information === undefined || information.sizeBytes < 12) throw malformed('it does not say what version it is of');
  const bytes = await information.read(0, 12);
  const version = bytes.readUInt8(8);
  if (version !== 1 && version !== 3) throw unsupported(`this NTFS is of version ${version}`);
  const flags = bytes.readUInt16LE(10);
  if ((flags & 1) !== 0) throw dirty('its dirty flag is set');
  if ((flags & 0x4000) !== 0) throw dirty('chkdsk was at work in it');
};

/** $LogFile begins with two restart pages, of which the newer counts; all ones, as ntfs-3g and mkntfs leave it, is an empty log. */
const refuseOpenLog = async (ntfs: NtfsVolume): Promise<void> => {
  const log = await dataOf(ntfs, RECORD.log);
  if (log.sizeBytes < 2 * 4096) throw malformed('its journal is too short');
  const head = await log.read(0, 4096);
  const pageBytes = head.toString('latin1', 0, 4) === 'RSTR' ? head.readUInt32LE(16) : 4096;
  if (![512, 1024, 2048, 4096, 8192, 16_384, 65_536].includes(pageBytes) || log.sizeBytes < pageBytes * 2)
    throw malformed('its journal has pages of an odd size');
  const pages = [await log.read(0, pageBytes), await log.read(pageBytes, pageBytes)];
  if (pages.every((page) => page.every((byte) => byte === 0xff))) return;
  if (pages.every((page) => page.toString('latin1', 0, 4) === 'CHKD')) return;
  const newest = pages
    .flatMap((page) => unprotect(page, 'RSTR') ?? [])
    .map((page) => ({ page, area: page.readUInt16LE(24) }))
    .filter(({ page, area }) => area >= 32 && area + 16 <= page.length)
    .toSorted((a, b) => Number(b.page.readBigUInt64LE(b.area) - a.page.readBigUInt64LE(a.area)))[0];
  if (newest === undefined) throw dirty('its journal cannot be read');
  const { page, area } = newest;
  if (page.readUInt16LE(28) >= 2) throw hibernated('Windows keeps parts of it in memory for a fast startup');
  const hasClients = page.readUInt16LE(area + 12) !== 0xffff;
  if (hasClients && (page.readUInt16LE(area + 14) & 2) === 0) throw dirty('its journal has not been replayed');
};
