// Windows: its machine SID, computer name and keys are woven through registry and accounts, and only Windows itself can part with them
// (sysprep /generalize). Here they are found, and whether that was done is told.
import type { Result } from '../protocol/failure.ts';
import { success } from '../protocol/failure.ts';
import type { Found } from './found.ts';
import type { Hive } from './registry.ts';
import { readHive } from './registry.ts';
import type { Tree } from './tree.ts';

const CONFIG = ['Windows', 'System32', 'config'];
const STATE = ['Windows', 'Setup', 'State', 'State.ini'];
const HIVE_MOST_BYTES = 256 * 1024 * 1024;
const NEXT =
  'Stays: it cannot be taken out from outside. Run sysprep /generalize /oobe /shutdown on the machine, and capture it before it starts again.';

export const findWindows = async (tree: Tree): Promise<readonly Found[]> => {
  if ((await anyCase(tree, [...CONFIG, 'SYSTEM'])) === null || (await isGeneralised(tree))) return [];
  const found: Found[] = [];
  for (const { hive, what, read } of IDENTITIES) {
    const path = await anyCase(tree, [...CONFIG, hive]);
    if (path === null) continue;
    const value = await valueOf(tree, path, read);
    const note = value.ok ? NEXT : `${value.failure.message} ${NEXT}`;
    found.push({ kind: 'windows', what, path, value: value.ok ? value.value : null, edit: { do: 'nothing' }, note });
  }
  return found;
};

type Read = (hive: Hive) => Result<string | null>;

/** `ControlSet…` is whichever set Windows last started with. */
const computerName: Read = (hive) => {
  const current = hive.bytes('Select', 'Current');
  if (!current.ok) return current;
  const number = current.value !== null && current.value.length >= 4 ? current.value.readUInt32LE(0) : 1;
  const set = `ControlSet${String(number).padStart(3, '0')}`;
  const name = hive.text(`${set}\\Control\\ComputerName\\ComputerName`, 'ComputerName');
  const host = hive.text(`${set}\\Services\\Tcpip\\Parameters`, 'Hostname');
  if (!name.ok || !host.ok) return name.ok ? host : name;
  const [short, long] = [inForm(name.value, NAME), inForm(host.value, NAME)];
  // The first is cut at fifteen letters, the second is not.
  return success(short === null || long === null || short.toLowerCase() === long.toLowerCase() ? (short ?? long) : `${short}, ${long}`);
};

/** The accounts' domain is this machine; its SID ends the value, in three numbers. */
const machineSid: Read = (hive) => {
  const account = hive.bytes('SAM\\Domains\\Account', 'V');
  if (!account.ok || account.value === null || account.value.length < 12) return account.ok ? success(null) : account;
  const { value } = account;
  return success(`S-1-5-21-${[12, 8, 4].map((back) => value.readUInt32LE(value.length - back)).join('-')}`);
};

const machineGuid: Read = (hive) => {
  const guid = hive.text('Microsoft\\Cryptography', 'MachineGuid');
  return guid.ok ? success(inForm(guid.value, GUID)) : guid;
};

const IDENTITIES: readonly { readonly hive: string; readonly what: string; readonly read: Read }[] = [
  { hive: 'SYSTEM', what: 'computer name of Windows', read: computerName },
  { hive: 'SAM', what: 'machine SID of Windows', read: machineSid },
  { hive: 'SOFTWARE', what: 'machine GUID of Windows', read: machineGuid },
];

const NAME = /^[\p{L}\p{N}_.-]{1,253}$/u;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What a disk says is shown only where it is what it should be. */
const inForm = (text: string | null, form: RegExp): string | null => (text !== null && form.test(text) ? text : null);

/** Null too where the hive is larger than any. */
const valueOf = async (tree: Tree, path: string, read: Read): Promise<Result<string | null>> => {
  const entry = await tree.stat(path);
  if (entry?.type !== 'file' || entry.sizeBytes > HIVE_MOST_BYTES) return success(null);
  const hive = readHive(await tree.read(path));
  return hive.ok ? read(hive.value) : hive;
};

/** Windows Setup writes there how far it is; after sysprep it waits for the first start of a new machine. */
const isGeneralised = async (tree: Tree): Promise<boolean> => {
  const path = await anyCase(tree, STATE);
  if (path === null) return false;
  const text = Buffer.from(await tree.read(path));
  return /ImageState=IMAGE_STATE_GENERALIZE_RESEAL_TO_(OOBE|AUDIT)/.test(`${text.toString('utf16le')}\n${text.toString('latin1')}`);
};

/** The names as they are on the disk, whatever their case; Windows does not mind, the driver does. */
const anyCase = async (tree: Tree, parts: readonly string[]): Promise<string | null> => {
  let path = '';
  for (const part of parts) {
    const name = (await tree.list(path === '' ? '/' : path)).find((one) => one.toLowerCase() === part.toLowerCase());
    if (name === undefined) return null;
    path = `${path}/${name}`;
  }
  return path;
};
