// The keyboards of a target: every console the kernel names (the video console's keyboard and serial lines), read raw and all at once.
import { closeSync, constants, openSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import type { Keyboard } from './asking.ts';

/** Paths of terminals; one that is not there, or no terminal, is left out. */
export const terminalKeyboard = (paths: readonly string[]): Keyboard => ({
  listen: (onBytes) => {
    const streams = paths.flatMap((path) => {
      const stream = openTerminal(path);
      if (stream === null) return [];
      stream.on('data', (bytes: Buffer) => onBytes(bytes, path));
      // A line that was pulled, or a console without hardware behind it, types nothing more.
      stream.on('error', () => stream.destroy());
      return [stream];
    });
    return () => {
      for (const stream of streams) {
        if (stream.isTTY && !stream.destroyed) stream.setRawMode(false);
        stream.destroy();
      }
    };
  },
});

const openTerminal = (path: string): ReadStream | null => {
  let descriptor: number | null = null;
  try {
    // Never the controlling terminal: a Ctrl-C there is a key, not a signal. A serial port without a carrier must not block.
    descriptor = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    const stream = new ReadStream(descriptor);
    stream.setRawMode(true);
    return stream;
  } catch {
    if (descriptor !== null) closeQuietly(descriptor);
    return null;
  }
};

const closeQuietly = (descriptor: number): void => {
  try {
    closeSync(descriptor);
  } catch {
    // It was closed with the stream.
  }
};
