// A deploy on a file-backed disk with everything around it injected: a station in memory that counts what it serves, a consent for
// what the disk holds, and a disk that can be wrapped to fail.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { readContent } from '../../agent/inventory/block/content.ts';
import { deploy } from '../../agent/deploy.ts';
import type { DeployOptions, ImageSource } from '../../agent/deploy.ts';
import { noTools } from '../../agent/disk/tools.ts';
import { fileDevice } from '../../agent/disk/target-devices.ts';
import type { TargetDevice, TargetDisk } from '../../agent/disk/target-disk.ts';
import { encodeProvenance } from '../../agent/image/provenance.ts';
import { trustedKeysOf } from '../../agent/image/signature.ts';
import type { SigningKey } from '../../agent/image/signature.ts';
import type { DiskIdentity } from '../../agent/protocol/disk.ts';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { JobResult } from '../../agent/protocol/messages.ts';
import type { Seed } from '../../agent/protocol/seed.ts';
import type { Fixture } from './image-fixture.ts';

export type Run = {
  readonly result: Result<JobResult>;
  readonly steps: readonly string[];
  readonly notes: readonly string[];
  readonly requests: readonly (readonly string[])[];
};
export type RunOptions = Partial<DeployOptions> & {
  readonly jobId?: string;
  readonly contentHash?: string;
  readonly logicalSectorBytes?: number;
  readonly wrap?: (disk: TargetDisk) => TargetDisk;
  /** True is `last`. */
  readonly grow?: boolean | string;
  readonly seed?: Seed;
  readonly eraseCeilingBytes?: number;
  readonly acceptSignature?: true;
  /** The disk that the order names, where it is not the device's. */
  readonly orderedDisk?: DiskIdentity;
  readonly corrupt?: (chunkId: string, frame: Buffer) => Buffer;
};

/** What a consent is bound to, read as the inventory reads it. */
export const contentHashOf = async (path: string, logicalSectorBytes = 512): Promise<string> => {
  const file = await open(path, 'r');
  try {
    const sizeBytes = readSize(path);
    const read = async (offset: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    const identity = { serial: null, wwn: null, sizeBytes };
    return (await readContent(read, { sizeBytes, logicalSectorBytes, identity, trustedKeys: new Map() })).content.hash;
  } finally {
    await file.close();
  }
};

export const runDeploy = async (fixture: Fixture, key: SigningKey, path: string, options: RunOptions = {}): Promise<Run> => {
  const sizeBytes = readSize(path);
  const identity = { serial: 'S1', wwn: null, sizeBytes };
  const requests: (readonly string[])[] = [];
  const steps: string[] = [];
  const notes: string[] = [];
  const tools = options.tools ?? noTools();
  const device = options.device ?? wrapped(fileDevice(path, identity, options.logicalSectorBytes ?? 512, tools), options.wrap);
  const contentHash = await contentHashOf(path, options.logicalSectorBytes);
  const source: ImageSource = {
    manifest: () => Promise.resolve(success(fixture.manifestBytes)),
    signature: () => Promise.resolve(success(fixture.signature)),
    chunkTable: () => Promise.resolve(success(fixture.chunkTableBytes)),
    chunks: (ids) => {
      requests.push(ids);
      return Promise.resolve(framesFor(fixture, ids, options.corrupt));
    },
  };
  const result = await deploy({
    order: {
      kind: 'deploy',
      jobId: options.jobId ?? 'job-1',
      osoid: fixture.osoid,
      manifestSha256: fixture.manifestSha256,
      disk: options.orderedDisk ?? device.identity,
      contentHash: options.contentHash ?? contentHash,
      eraseCeilingBytes: options.eraseCeilingBytes ?? device.identity.sizeBytes,
      consentId: `consent of ${options.jobId ?? 'job-1'}`,
      grow: options.grow === true ? 'last' : options.grow === undefined || options.grow === false ? 'none' : options.grow,
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      operator: 'tester',
      siteName: 'site',
      ...(options.acceptSignature === undefined ? {} : { acceptSignature: true }),
    },
    device,
    trustedKeys: trustedKeysOf([key.publicKey]),
    firmware: 'uefi',
    secureBoot: false,
    readContentHash: () => Promise.resolve(contentHash),
    source,
    requestRecord: (disk, table) =>
      Promise.resolve(
        success(
          encodeProvenance(
            {
              osoid: fixture.osoid,
              manifestSha256: fixture.manifestSha256,
              disk,
              stationName: 'station',
              site: 'site',
              atIso: '2026-11-22T12:00:00.000Z',
              ...(table === null ? {} : { table }),
            },
            key,
          ),
        ),
      ),
    tools,
    workers: 0,
    signal: new AbortController().signal,
    onStep: (step, state, note) => {
      if (state === 'started') steps.push(step);
      if (note !== '') notes.push(`${step}: ${note}`);
    },
    onProgress: () => {},
    ...options,
  });
  return { result, steps, notes, requests };
};

const framesFor = (fixture: Fixture, ids: readonly string[], corrupt?: (chunkId: string, frame: Buffer) => Buffer): Result<Uint8Array> => {
  const frames: Buffer[] = [];
  for (const id of ids) {
    const frame = fixture.frames.get(id);
    if (frame === undefined) return failed('library.chunk-missing', `No chunk ${id}.`, 'Verify the library.');
    frames.push(corrupt?.(id, Buffer.from(frame)) ?? frame);
  }
  return success(new Uint8Array(Buffer.concat(frames)));
};

const wrapped = (device: TargetDevice, wrap: RunOptions['wrap']): TargetDevice =>
  wrap === undefined
    ? device
    : {
        ...device,
        open: async () => {
          const opened = await device.open();
          return opened.ok ? success(wrap(opened.value)) : opened;
        },
      };

export const readSize = (path: string): number => {
  const size = Number(execFileSync('stat', ['-L', '-c', '%s', path], { encoding: 'utf8' }));
  return size > 0 ? size : Number(execFileSync('blockdev', ['--getsize64', path], { encoding: 'utf8' }));
};

/** A disk full of random bytes. */
export const makeUsedDisk = (path: string, sizeBytes: number): string => {
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  const file = openSync(path, 'r+');
  const block = randomBytes(1024 * 1024);
  for (let at = 0; at < sizeBytes; at += block.length) writeSync(file, block, 0, Math.min(block.length, sizeBytes - at), at);
  closeSync(file);
  return path;
};

/** Every byte range of the image's data and zero chunks that differs on the disk, outside of `except`; at most ten. */
export const differences = (fixture: Fixture, path: string, except: JobResult['rewrittenRanges']): readonly string[] => {
  const disk = readFileSync(path);
  const { table, raw } = fixture;
  const wrong: string[] = [];
  for (const run of table.runs) {
    if (run.kind === 'skip') continue;
    const start = run.firstChunk * table.chunkSizeBytes;
    const end = Math.min(start + run.count * table.chunkSizeBytes, raw.length);
    for (let at = start; at < end && wrong.length < 10; at += 512) {
      if (raw.compare(disk, at, at + 512, at, at + 512) === 0) continue;
      if (!except.some((range) => range.offsetBytes <= at && at + 512 <= range.offsetBytes + Math.ceil(range.lengthBytes / 512) * 512))
        wrong.push(`${run.kind}@${at}`);
    }
  }
  return wrong;
};
