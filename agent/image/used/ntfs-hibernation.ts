// Whether a Windows session sleeps in hiberfil.sys, the file in the root folder that begins with "hibr" then and not otherwise.
import type { FileRecord } from './ntfs-record.ts';
import { ATTRIBUTE, unprotect } from './ntfs-record.ts';
import type { NtfsVolume } from './ntfs-volume.ts';
import { malformed, unsupported } from './volume.ts';

const NAME = 'hiberfil.sys';
const INDEX = '$I30';
const MAX_FOLDER_BYTES = 64 * 1024 * 1024;

type Reference = { readonly number: number; readonly sequence: number };

export const findHibernation = async (ntfs: NtfsVolume, root: FileRecord): Promise<boolean> => {
  for (const { number, sequence } of await referencesIn(ntfs, root)) {
    const record = await ntfs.record(number);
    if (!record.isInUse || record.sequence !== sequence) continue;
    const data = await ntfs.stream(record, ATTRIBUTE.data);
    if (data === undefined || data.sizeBytes < 4096) continue;
    const magic = (await data.read(0, 4)).toString('latin1');
    if (magic.toLowerCase() === 'hibr') return true;
  }
  return false;
};

/**
 * Entries of that name in all blocks of the folder's index, whether the tree still leads to them or not: a block that is no more
 * in use names a record that has been given away since, and that record has another sequence number.
 */
const referencesIn = async (ntfs: NtfsVolume, root: FileRecord): Promise<readonly Reference[]> => {
  const top = await ntfs.stream(root, ATTRIBUTE.indexRoot, INDEX);
  if (top === undefined || top.sizeBytes < 32) throw malformed('its root folder has no index');
  const head = await top.read(0, top.sizeBytes);
  const found = [...referencesBehind(head, 16)];
  const rest = await ntfs.stream(root, ATTRIBUTE.indexAllocation, INDEX);
  if (rest === undefined) return found;
  const blockBytes = head.readUInt32LE(8);
  if (![512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536].includes(blockBytes))
    throw malformed('the index of its root folder is damaged');
  if (rest.sizeBytes > MAX_FOLDER_BYTES) throw unsupported('its root folder has too many entries to look for a sleeping Windows');
  for (let at = 0; at + blockBytes <= Math.min(rest.sizeBytes, rest.initialisedBytes); at += blockBytes) {
    const block = unprotect(await rest.read(at, blockBytes), 'INDX');
    if (block !== undefined) found.push(...referencesBehind(block, 24));
  }
  return found;
};

/** Entries of an index node whose header is at `header`: reference, length, then the file name as the key. */
function* referencesBehind(node: Buffer, header: number): Generator<Reference> {
  const end = Math.min(node.length, header + node.readUInt32LE(header + 4));
  for (let at = header + node.readUInt32LE(header); at + 82 <= end;) {
    const length = node.readUInt16LE(at + 8);
    const nameEnd = at + 82 + node.readUInt8(at + 80) * 2;
    if (length < 16) return;
    if (nameEnd <= end && node.toString('utf16le', at + 82, nameEnd).toLowerCase() === NAME)
      yield { number: node.readUIntLE(at, 6), sequence: node.readUInt16LE(at + 6) };
    at += length;
  }
}
