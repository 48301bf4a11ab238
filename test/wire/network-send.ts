// Proves the binding of eth0, then sends one broadcast and one unicast from a device-bound socket. Arguments: address, port.
import { openDeviceUdp } from '../../main/network/device-udp.ts';
import { listNics } from '../../main/network/nics.ts';
import { safeToServe } from '../../main/network/prove-binding.ts';

const nic = listNics().find(({ name }) => name === 'eth0');
const [address = '', port = '0'] = process.argv.slice(2);
if (nic === undefined) throw new Error('no eth0');
console.log(JSON.stringify({ proven: await safeToServe({ nic, address }) }));
const opened = await openDeviceUdp({ nic, address, port: Number(port) });
if (!opened.ok) throw new Error(opened.failure.message);
await opened.value.send(Buffer.from('to all'), { address: '255.255.255.255', port: Number(port) });
await opened.value.send(Buffer.from('to one'), { address: '10.9.0.2', port: Number(port) });
await opened.value.close();
