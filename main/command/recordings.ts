// Recordings of a machine that is not here (dmidecode, SMBIOS, lshw, lsblk), as files that a person names.
import { createReadStream } from 'node:fs';
import { recordedFacts } from '../../agent/facts/dump/recorded-facts.ts';
import type { DumpFile, RecordedMachine } from '../../agent/facts/dump/recorded-facts.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

/** A raw table is at most 64 KiB, a dmidecode text of the largest machines some 2 MB. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;

/** `-` is standard input: `dmidecode | rackside facts --from -`. */
const readDump = async (path: string): Promise<Result<DumpFile>> => {
  try {
    const parts: Buffer[] = [];
    let sizeBytes = 0;
    for await (const part of path === '-' ? process.stdin : createReadStream(path)) {
      parts.push(Buffer.from(part as Uint8Array));
      sizeBytes += (part as Uint8Array).length;
      if (sizeBytes > MAX_FILE_BYTES)
        return failed('dump.too-large', `${path} is larger than 32 MB, which no such recording is.`, 'Give the recording of one machine.');
    }
    return success({ name: path, bytes: new Uint8Array(Buffer.concat(parts)) });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return failed('dump.not-found', `${path} cannot be read (${reason}).`, 'Check the path and its rights.');
  }
};

/** What all of them tell of one machine. */
export const readRecorded = async (paths: readonly string[]): Promise<Result<RecordedMachine>> => {
  const files: DumpFile[] = [];
  for (const path of paths) {
    const file = await readDump(path);
    if (!file.ok) return file;
    files.push(file.value);
  }
  return recordedFacts(files);
};

export const FROM_OPTION = {
  type: 'string',
  multiple: true,
  value: 'FILE',
  help: 'a dmidecode output, raw SMBIOS table, lshw -json or lsblk -J of a machine; no station is needed',
} as const;
