// Per-machine settings as the command line reads them, and what its help says of them.
import { readFile } from 'node:fs/promises';
import { buffer as bytesOf } from 'node:stream/consumers';
import { failed, success } from '../../agent/protocol/failure.ts';
import { textOfBytes } from '../../agent/protocol/text-bytes.ts';
import type { Result } from '../../agent/protocol/failure.ts';

export const SETTINGS_FORMAT = `  Settings are one JSON object; each text may hold \${fact}, the machine's own value (rackside facts MACHINE):
    {
      "hostname": "\${input.hostname}",
      "users": [{ "name": "ada", "sshKeys": ["ssh-ed25519 AAAA… ada"], "sudo": true, "groups": ["adm"] }],
      "network": [{ "addresses": ["\${input.address}/24"], "gateway": "10.0.0.1", "nameservers": ["10.0.0.1"] }],
      "userData": "#cloud-config\\npackages: [htop]\\n"
    }
  A network entry is for the card the machine booted from, or for "mac"; "dhcp": true asks for an address. "networkConfig" takes
  cloud-init's own text instead. In a script write $\${NAME} for what the script itself shall read as \${NAME}.
  They go into a small partition CIDATA at the end of the disk, which cloud-init reads. An image without cloud-init does not.`;

/** Null where none was named. Code: `settings.unreadable`; its words never repeat what the file holds. */
export const settingsFileOf = async (path: string | undefined): Promise<Result<unknown>> => {
  if (path === undefined) return success(null);
  let bytes: Uint8Array;
  try {
    bytes = path === '-' ? await bytesOf(process.stdin) : await readFile(path);
  } catch (error) {
    return unreadable(path, error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be opened');
  }
  const read = textOfBytes(bytes);
  // What it holds must not be shown, so nobody could see whether guessed letters are right.
  if (read.kind === 'no-text' || read.guessed !== null) return unreadable(path, 'it is no UTF-8 text');
  const { text } = read;
  try {
    const value: unknown = JSON.parse(text);
    return value === null ? unreadable(path, 'it holds nothing') : success(value);
  } catch (error) {
    const place = / at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    return unreadable(
      path,
      place === undefined ? 'it is no JSON' : `it is no JSON in line ${text.slice(0, Number(place)).split('\n').length}`,
    );
  }
};

const unreadable = (path: string, why: string): ReturnType<typeof failed> =>
  failed('settings.unreadable', `${path} cannot be read: ${why}.`, 'Correct the file; rackside deploy --help shows what it may hold.');
