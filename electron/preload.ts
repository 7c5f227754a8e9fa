import { contextBridge, ipcRenderer } from 'electron';
import { pageWire } from './host/page-wire.ts';

// All that the window's page gets of Electron. It is built into one CommonJS file, because a sandboxed preload can be nothing else.
contextBridge.exposeInMainWorld('nightjar', pageWire(ipcRenderer));
