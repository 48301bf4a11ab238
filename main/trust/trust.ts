// Which signing keys this station believes, as people change it. A key that comes with a library is only offered: it counts once
// a person has added it here.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { ImageView } from '../../preload/contract/views.ts';
import type { TrustView } from '../../preload/contract/library-views.ts';
import type { Events } from '../database/events.ts';
import type { TrustedKeys } from '../database/trusted-keys.ts';
import { keyLine, parseKeyText } from './key-text.ts';

export type Trust = {
  list(): TrustView;
  /** Codes `trust.key-invalid`, `trust.not-offered`. */
  add(text: string, name: string): Promise<Result<TrustView>>;
  /** Codes `trust.unknown`, `trust.own-key`. */
  remove(keyId: string): Promise<Result<TrustView>>;
};

export type SignedImage = Pick<ImageView, 'name' | 'trust' | 'keyId' | 'publicKey'>;

export type TrustOptions = {
  readonly keys: TrustedKeys;
  readonly ownKeyId: string;
  readonly stationName: string;
  readonly events: Events;
  readonly images: () => readonly SignedImage[];
  /** What else in the libraries is signed: by its keys too may be offered. */
  readonly documents?: () => readonly SignedImage[];
  /** Judges every image anew, and the disks whose records this key signed. */
  readonly onChange: (keyId: string) => Promise<Result<null>>;
};

export const createTrust = ({ keys, ownKeyId, stationName, events, images, documents = () => [], onChange }: TrustOptions): Trust => {
  const list = (): TrustView => {
    const known = keys.list().map((key) => ({
      ...key,
      name: key.keyId === ownKeyId ? stationName : key.name,
      isOwn: key.keyId === ownKeyId,
      images: images().filter((image) => image.keyId === key.keyId).length,
    }));
    const own = known.find((key) => key.isOwn);
    return { own: own === undefined ? '' : keyLine(own), trusted: known, offered: offersOf([...images(), ...documents()]) };
  };
  const changed = async (keyId: string): Promise<Result<TrustView>> => {
    const judged = await onChange(keyId);
    return judged.ok ? success(list()) : judged;
  };
  return {
    list,
    add: async (text, name) => {
      const offered = list().offered.find((key) => key.keyId === text.trim());
      if (offered === undefined && /^[0-9a-f]{16}$/.test(text.trim()))
        return failed(
          'trust.not-offered',
          `Nothing here is signed by a key ${text.trim()}.`,
          'See what is offered with: rackside trust list',
        );
      const key = parseKeyText(offered?.publicKey ?? text);
      if (!key.ok) return key;
      const { keyId, publicKey } = key.value;
      const called = name.trim() || key.value.name || keyId;
      // Our own key has its place and its name already.
      if (keyId !== ownKeyId) {
        keys.add({ keyId, publicKey, name: called });
        events.log({
          kind: 'trust.added',
          text: `Images and disks signed by key ${keyId} ("${called}") are trusted from now on.`,
          level: 'warn',
        });
      }
      return changed(keyId);
    },
    remove: async (keyId) => {
      if (keyId === ownKeyId)
        return failed(
          'trust.own-key',
          'This is the key of this station itself.',
          'It cannot be removed; images made here are signed with it.',
        );
      const key = keys.list().find((one) => one.keyId === keyId);
      if (key === undefined) return failed('trust.unknown', `There is no trusted key ${keyId}.`, 'See them with: rackside trust list');
      keys.remove(keyId);
      events.log({ kind: 'trust.removed', text: `Key ${keyId} ("${key.name}") is no longer trusted.`, level: 'warn' });
      return changed(keyId);
    },
  };
};

/** Keys of strangers whose signatures are right: what a person may choose to trust. */
const offersOf = (images: readonly SignedImage[]): TrustView['offered'] => {
  const offers = new Map<string, { keyId: string; publicKey: string; images: string[] }>();
  for (const { name, trust, keyId, publicKey } of images) {
    if (trust !== 'unknown-key') continue;
    const offer = offers.get(keyId) ?? { keyId, publicKey, images: [] };
    offer.images.push(name);
    offers.set(keyId, offer);
  }
  return [...offers.values()];
};
