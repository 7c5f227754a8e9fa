import { EventEmitter } from 'node:events';

/** `process.parentPort`, as a utility process of Electron has it, over Node's own channel to its parent. */
const port = Object.assign(new EventEmitter(), {
  postMessage: (message: object) => void (process.connected && process.send!(message)),
});
process.on('message', (data) => void port.emit('message', { data }));
Object.assign(process, { parentPort: port });
