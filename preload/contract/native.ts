// Names of the calls between preload and shell; both sides import this one list.
export const NATIVE = {
  chooseImage: 'rackside:choose-image',
  reveal: 'rackside:reveal',
  stayAwake: 'rackside:stay-awake',
} as const;

/** What the preload gives the window as `rackside`; absent in a browser. */
export type Bridge = {
  readonly pipeUrl: string;
  readonly token: string;
  /** Path of a file that a person chose, or null. */
  chooseImage(): Promise<string | null>;
  reveal(path: string): Promise<void>;
  /** Keeps the computer from sleeping while machines are at work. */
  stayAwake(wanted: boolean): Promise<void>;
};
