// UEFI programs are PE/COFF files (PE format specification; Authenticode): their machine type tells the architecture, their
// certificate table who signed them.
import type { Architecture } from './content.ts';
import { issuerOfSigner } from './pkcs7.ts';

const MACHINES: ReadonlyMap<number, Architecture> = new Map<number, Architecture>([
  [0x8664, 'x86_64'],
  [0x014c, 'i386'],
  [0xaa64, 'aarch64'],
  [0x01c2, 'arm'],
  [0x01c4, 'arm'],
  [0x5064, 'riscv64'],
  [0x6264, 'loongarch64'],
]);

export type PortableExecutable = {
  readonly architecture: Architecture;
  /** Where the certificate table lies in the file; null if unsigned. */
  readonly certificates: { readonly offsetBytes: number; readonly sizeBytes: number } | null;
};

/** Enough of a file's start for `parsePortableExecutable`. */
export const PE_HEAD_BYTES = 4096;

/** Reads the headers; undefined if it is no PE file. */
export const parsePortableExecutable = (input: Uint8Array): PortableExecutable | undefined => {
  const head = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (head.length < 64 || head.readUInt16LE(0) !== 0x5a4d) return undefined;
  const pe = head.readUInt32LE(60);
  if (pe + 24 + 152 > head.length || head.readUInt32LE(pe) !== 0x0000_4550) return undefined;
  const magic = head.readUInt16LE(pe + 24);
  if (magic !== 0x10b && magic !== 0x20b) return undefined;
  // Data directory 4, the certificate table, holds a file offset, not an address.
  const directory = pe + 24 + (magic === 0x20b ? 112 : 96) + 4 * 8;
  const offsetBytes = head.readUInt32LE(directory);
  const sizeBytes = head.readUInt32LE(directory + 4);
  return {
    architecture: MACHINES.get(head.readUInt16LE(pe + 4)) ?? 'unknown',
    certificates: offsetBytes === 0 || sizeBytes < 9 ? null : { offsetBytes, sizeBytes },
  };
};

/**
 * Who vouches for a signed loader: per signature, the common name of the issuer of the certificate that made it (`Microsoft
 * Corporation UEFI CA 2011`; newer loaders carry a second one of 2023), or `unreadable signature`. Whether a signature is right is
 * not checked here: firmware does that.
 */
export const signersOf = (certificateTable: Uint8Array): readonly string[] => {
  const table = Buffer.from(certificateTable.buffer, certificateTable.byteOffset, certificateTable.byteLength);
  const signers: string[] = [];
  // WIN_CERTIFICATE entries, 8-byte aligned: u32 length, u16 revision, u16 type 2 = PKCS#7 SignedData.
  for (let at = 0; at + 8 < table.length && signers.length < MAX_SIGNATURES;) {
    const length = table.readUInt32LE(at);
    if (length < 9) break;
    const body = at + length <= table.length && table.readUInt16LE(at + 6) === 2 ? table.subarray(at + 8, at + length) : undefined;
    const issuer = body === undefined ? undefined : issuerOfSigner(body);
    signers.push(issuer?.toWellFormed() ?? 'unreadable signature');
    at += Math.ceil(length / 8) * 8;
  }
  return signers;
};

const MAX_SIGNATURES = 8;
