/**
 * Node's own http and https, taken as they are. An `import` of `node:http` reads everything that it offers, and so loads undici
 * for a `WebSocket` that nobody here asks for: 25 ms of a start, beside 4 for http itself.
 */
export const http = process.getBuiltinModule('node:http');
export const https = process.getBuiltinModule('node:https');
