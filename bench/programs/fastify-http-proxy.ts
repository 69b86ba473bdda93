/** `node fastify-http-proxy.js PORT TARGET_PORT`: @fastify/http-proxy with its own defaults. */
import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';

const [port, targetPort] = process.argv.slice(2) as [string, string];

const server = fastify({ logger: false, bodyLimit: 2 ** 32 });
await server.register(httpProxy, { upstream: `http://127.0.0.1:${targetPort}` });
await server.listen({ port: Number(port), host: '127.0.0.1', backlog: 1024 });
