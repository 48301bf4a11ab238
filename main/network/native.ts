// The few C library calls that Node lacks for binding a socket to a device, through koffi (loaded on first use). Linux socket(7),
// ip(7); macOS ip(4). Where koffi or the calls are missing, `nativeSockets` is null and the caller falls back or refuses.
import { createRequire } from 'node:module';
import type koffiModule from 'koffi';

/** A raw IPv4 UDP socket as a file descriptor, not yet adopted by Node. Errors are errno names, e.g. `EADDRINUSE`. */
export type NativeSockets = {
  open(): number | NativeError;
  bindToDevice(fd: number, nic: { readonly name: string; readonly index: number | null }): NativeError | null;
  /** The device the kernel says the socket is bound to (Linux: its name; macOS: its index as text); null when none. */
  boundDevice(fd: number): string | null;
  setReuse(fd: number, on: boolean): NativeError | null;
  bind(fd: number, address: string, port: number): NativeError | null;
  localPort(fd: number): number;
  close(fd: number): void;
};

export type NativeError = { readonly errno: string };

/** Constants that differ between the two systems: <sys/socket.h>, <netinet/in.h>. macOS values are from its headers, not run here. */
const constants = {
  linux: { level: 1, reuse: 2, broadcast: 6, socketType: 2 | 0o2000000, bindLevel: 1, bindOption: 25, sinLen: false },
  darwin: { level: 0xffff, reuse: 4, broadcast: 0x20, socketType: 2, bindLevel: 0, bindOption: 25, sinLen: true },
} as const;
const AF_INET = 2;

let loaded: NativeSockets | null | undefined;

export const nativeSockets = (): NativeSockets | null => (loaded === undefined ? (loaded = load()) : loaded);

const load = (): NativeSockets | null => {
  const { platform } = process;
  if (platform !== 'linux' && platform !== 'darwin') return null;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof koffiModule;
    return bindings(koffi, constants[platform]);
  } catch {
    // No prebuilt binary for this system: an ordinary state, the caller says what it means.
    return null;
  }
};

const bindings = (koffi: typeof koffiModule, system: (typeof constants)['linux' | 'darwin']): NativeSockets => {
  // The process has its C library loaded already; null names no file, so glibc and musl are alike.
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int, int, int)');
  const setsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)');
  const getsockopt = libc.func('int getsockopt(int, int, int, _Out_ void *, _Inout_ uint32_t *)');
  const bind = libc.func('int bind(int, const void *, uint32_t)');
  const getsockname = libc.func('int getsockname(int, _Out_ void *, _Inout_ uint32_t *)');
  const close = libc.func('int close(int)');
  const names = new Map(Object.entries(koffi.os.errno).map(([name, value]) => [value as number, name]));
  const check = (code: number): NativeError | null => (code === 0 ? null : { errno: names.get(koffi.errno()) ?? `errno ${koffi.errno()}` });
  const int = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    return bytes;
  };
  const setFlag = (fd: number, option: number, on: boolean): NativeError | null =>
    check(setsockopt(fd, system.level, option, int(on ? 1 : 0), 4));
  const deviceBytes = (nic: { readonly name: string; readonly index: number | null }): Buffer =>
    system.sinLen ? int(nic.index ?? 0) : Buffer.from(`${nic.name}\0`);
  return {
    open: () => {
      const fd: number = socket(AF_INET, system.socketType, 0);
      if (fd < 0) return { errno: names.get(koffi.errno()) ?? 'unknown' };
      setFlag(fd, system.broadcast, true);
      return fd;
    },
    bindToDevice: (fd, nic) => {
      const bytes = deviceBytes(nic);
      return check(setsockopt(fd, system.bindLevel, system.bindOption, bytes, bytes.length));
    },
    boundDevice: (fd) => {
      const value = Buffer.alloc(16);
      const length = [value.length];
      if (getsockopt(fd, system.bindLevel, system.bindOption, value, length) !== 0) return null;
      const text = system.sinLen ? String(value.readUInt32LE(0)) : value.toString('latin1', 0, length[0]).replace(/\0.*$/, '');
      return text === '' || text === '0' ? null : text;
    },
    setReuse: (fd, on) => setFlag(fd, system.reuse, on),
    bind: (fd, address, port) => {
      const name = Buffer.alloc(16);
      if (system.sinLen) name.set([16, AF_INET]);
      else name.writeUInt16LE(AF_INET);
      name.writeUInt16BE(port, 2);
      name.set(address.split('.').map(Number), 4);
      return check(bind(fd, name, name.length));
    },
    localPort: (fd) => {
      const name = Buffer.alloc(16);
      return getsockname(fd, name, [16]) === 0 ? name.readUInt16BE(2) : 0;
    },
    close: (fd) => void close(fd),
  };
};
