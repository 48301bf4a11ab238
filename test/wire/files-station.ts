// Runs inside a namespace: the TFTP and HTTP servers on a NIC, serving one folder's files by name. Prints one JSON line per event.
//   node files-station.ts NIC ADDRESS HTTP_PORT FOLDER
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathPattern } from '../../main/http/routes.ts';
import { startHttp } from '../../main/http/server.ts';
import { openDeviceUdp } from '../../main/network/device-udp.ts';
import { contains } from '../../main/network/ipv4.ts';
import { listNics } from '../../main/network/nics.ts';
import { startTftp } from '../../main/tftp/service.ts';
import type { TftpFile } from '../../main/tftp/source.ts';

const [nicName = '', address = '', httpPort = '', folder = ''] = process.argv.slice(2);
const nic = listNics().find((candidate) => candidate.name === nicName);
if (!nic) throw new Error(`no ${nicName}`);
const say = (event: unknown): void =>
  void process.stdout.write(`${JSON.stringify(event, (_key, value: unknown) => (value instanceof Error ? value.message : value))}\n`);

const names = readdirSync(folder);
const filePath = (name: string): string => join(folder, name);
// What begins with `memory-` is served from memory, as loaders are.
const table = new Map<string, TftpFile>(
  names.map((name) => [
    name,
    name.startsWith('memory-')
      ? { kind: 'bytes', bytes: readFileSync(filePath(name)) }
      : { kind: 'file', path: filePath(name), sizeBytes: statSync(filePath(name)).size },
  ]),
);

const tftp = await startTftp({
  openDatagrams: (port) => openDeviceUdp({ nic, address, port, broadcasts: false }),
  port: 69,
  resolve: async (path) => table.get(path.replace(/^\//, '')) ?? null,
  onEvent: say,
});
const http = await startHttp({
  address,
  port: Number(httpPort),
  allowPeer: (peer) => contains({ address, prefixLength: 24 }, peer),
  onEvent: say,
  routes: names.map((name) => ({
    method: 'GET',
    match: pathPattern(`/${name}`),
    handle: () => ({ kind: 'file', path: filePath(name), sizeBytes: statSync(filePath(name)).size, etag: name }),
  })),
});
say(tftp.ok && http.ok ? { kind: 'ready' } : { kind: 'failed', tftp, http });
