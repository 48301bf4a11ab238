// Loaded into a forked child before its program: `process.parentPort` as Electron gives it to a utility process. Messages wait until
// somebody listens (Electron documentation, parent-port).
import { EventEmitter } from 'node:events';

const port = new EventEmitter();
const waiting = [];
process.on('message', (data) => {
  const event = { data, ports: [] };
  if (port.listenerCount('message') === 0) waiting.push(event);
  else port.emit('message', event);
});
port.on('newListener', (name) => {
  if (name === 'message') queueMicrotask(() => waiting.splice(0).forEach((event) => port.emit('message', event)));
});
port.postMessage = (message) => process.send(structuredClone(message));
// Without its parent a utility process ends.
process.on('disconnect', () => process.exit(0));
process.parentPort = port;
