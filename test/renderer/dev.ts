// Work on the window without a rack: `node test/renderer/dev.ts [PORT] [CROWD]` serves the built window with a lively fake
// station and prints its address.
import { startFakeStation } from './fake-station.ts';

const [port = '0', crowd = '0'] = process.argv.slice(2);
const station = await startFakeStation({ port: Number(port), crowd: Number(crowd) });
console.log(station.url);
setInterval(() => station.advance(Math.random() * 0.01), 250);
