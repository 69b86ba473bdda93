import { program } from '../places.ts';
import { type Peer, packageVersion } from './peer.ts';

/** `http-proxy` in this repository is its maintained successor http-proxy-3; the original goes by an alias. */
export const httpProxy = inNode('http-proxy', 'http-proxy', 'http-proxy-3');
export const httpProxyOriginal = inNode('http-proxy 1.x', 'http-proxy-1', 'http-proxy');
export const fastifyHttpProxy = inNode('@fastify/http-proxy', '@fastify/http-proxy');

function inNode(name: string, installedAs: string, really = ''): Peer {
  const file = installedAs.startsWith('@fastify') ? 'fastify-http-proxy' : 'http-proxy';
  return {
    name,
    version() {
      const version = packageVersion(installedAs);
      return version === null ? null : `${really} ${version}`.trim();
    },
    command: ({ port, targetPort }) => ({
      file: process.execPath,
      args: [program(file), String(port), String(targetPort), installedAs],
    }),
  };
}
