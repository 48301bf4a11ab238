// What the preload of the desktop window lends (preload/native.ts): the station's address, and the few things that a page
// cannot do. Absent in a browser, where the window does without.

export type Bridge = {
  readonly pipeUrl: string;
  readonly token: string;
  /** Path of a file that a person chose, or null. */
  readonly chooseImage: () => Promise<string | null>;
  /** Shows a file or folder in the system's file manager. */
  readonly reveal: (path: string) => Promise<void>;
  /** Keeps the computer from sleeping. */
  readonly stayAwake: (wanted: boolean) => Promise<void>;
  /** Tells a person who looks elsewhere. */
  readonly notify: (title: string, body: string) => Promise<void>;
};

declare global {
  // oxlint-disable-next-line no-var -- a global can be declared no other way
  var rackside: Bridge | undefined;
}

export const bridge = (): Bridge | null => globalThis.rackside ?? null;
