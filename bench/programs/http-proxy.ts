/** `node http-proxy.js PORT TARGET_PORT PACKAGE`: http-proxy as its documentation sets it up, with a keep-alive agent. */
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';

interface HttpProxy {
  web(request: IncomingMessage, response: ServerResponse): void;
  on(event: 'error', listener: (error: Error, request: IncomingMessage, response: ServerResponse) => void): void;
}

const [port, targetPort, name] = process.argv.slice(2) as [string, string, string];
const { createProxyServer } = createRequire(import.meta.url)(name) as { createProxyServer(options: object): HttpProxy };

const proxy = createProxyServer({
  target: `http://127.0.0.1:${targetPort}`,
  agent: new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 256 }),
  xfwd: true,
});
proxy.on('error', (_error, _request, response) => response.writeHead?.(502).end());

createServer({ requestTimeout: 0 }, (request, response) => proxy.web(request, response)).listen({
  port: Number(port),
  host: '127.0.0.1',
  backlog: 1024,
});
