// Names of the calls between preload and shell; both sides import this one list.
export const NATIVE = {
  access: 'rackside:access',
  chooseImage: 'rackside:choose-image',
  reveal: 'rackside:reveal',
  stayAwake: 'rackside:stay-awake',
  notify: 'rackside:notify',
} as const;

/** Where the station is and the key to it. */
export type StationAccess = { readonly pipeUrl: string; readonly token: string };

/** What the preload gives the window as `rackside`; absent in a browser. */
export type Bridge = StationAccess & {
  /** Path of a file that a person chose, or null. */
  chooseImage(): Promise<string | null>;
  reveal(path: string): Promise<void>;
  /** Keeps the computer from sleeping while machines are at work. */
  stayAwake(wanted: boolean): Promise<void>;
  /** Tells a person who looks elsewhere; a click on it brings the window to the front. */
  notify(title: string, body: string): Promise<void>;
};
