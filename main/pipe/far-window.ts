// A window beyond this computer: a browser on a tablet beside the rack, or the laptop of a colleague. It is asked for by an address of this
// computer and wants TLS; the wire on which machines boot never sees it.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import { contains } from '../network/ipv4.ts';
import type { WireOptions } from '../wire/options.ts';

export type FarWindow = {
  readonly host: string;
  /** By which browsers may call it besides its address: those of its certificate. */
  readonly names: readonly string[];
  readonly tls: { readonly certificate: string; readonly key: string };
};

export type FarWindowWish = {
  readonly address: string | undefined;
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
};

const WILDCARDS = ['0.0.0.0', '::'];

/** `DNS:rack.example, IP Address:10.0.0.5` → the names; one with a wildcard names no host. */
const namesOf = (certificate: X509Certificate): readonly string[] =>
  [...(certificate.subjectAltName ?? '').matchAll(/DNS:([a-z0-9.-]+)(?:,|$)/gi)].map(([, name = '']) => name.toLowerCase());

const readText = async (path: string): Promise<Result<string>> => {
  try {
    return success(await readFile(path, 'utf8'));
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return failed('window.certificate-unreadable', `${path} cannot be read (${why}).`, 'Name the files of the certificate and of its key.');
  }
};

const checkPair = (certificate: string, key: string): Result<readonly string[]> => {
  const wrong = (what: string): Result<never> =>
    failed('window.certificate-invalid', what, 'Give a certificate and its own key, both as PEM and the key without a passphrase.');
  try {
    const read = new X509Certificate(certificate);
    return read.checkPrivateKey(createPrivateKey(key)) ? success(namesOf(read)) : wrong('The key is not that of the certificate.');
  } catch (error) {
    return wrong(`Certificate or key are not what they should be: ${error instanceof Error ? error.message : String(error)}.`);
  }
};

/**
 * Null where none is asked for. Failures `window.address-invalid`, `window.on-the-wire`, `window.tls-wanted`,
 * `window.certificate-unreadable`, `window.certificate-invalid`.
 */
export const readFarWindow = async (wish: FarWindowWish, wire: WireOptions): Promise<Result<FarWindow | null>> => {
  const { address, certificateFile, keyFile } = wish;
  if (address === undefined) {
    return certificateFile === undefined && keyFile === undefined
      ? success(null)
      : failed('window.address-invalid', 'A certificate is for a window beyond this computer.', 'Say where, with --window-address.');
  }
  if (isIP(address) === 0 || WILDCARDS.includes(address))
    return failed('window.address-invalid', `"${address}" is no address of this computer.`, 'Write one that it has, e.g. 192.168.1.20.');
  if (wire.kind === 'rack' && isIP(address) === 4 && contains(wire.network, address))
    return failed(
      'window.on-the-wire',
      `${address} is on the wire of ${wire.nic}, where machines boot; they must never reach a window.`,
      'Use an address of another port or of Wi-Fi.',
    );
  if (certificateFile === undefined || keyFile === undefined)
    return failed(
      'window.tls-wanted',
      `Windows beyond this computer (${address}) want TLS.`,
      'Give a certificate and its key with --window-certificate and --window-key.',
    );
  const [certificate, key] = [await readText(certificateFile), await readText(keyFile)];
  if (!certificate.ok) return certificate;
  if (!key.ok) return key;
  const names = checkPair(certificate.value, key.value);
  return names.ok ? success({ host: address, names: names.value, tls: { certificate: certificate.value, key: key.value } }) : names;
};
