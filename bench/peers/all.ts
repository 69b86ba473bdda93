import { fastifyHttpProxy, httpProxy, httpProxyOriginal } from './in-node.ts';
import { caddy, haproxy, nginx } from './native.ts';
import type { Peer } from './peer.ts';
import { strangler } from './strangler.ts';

export const allPeers: readonly Peer[] = [
  strangler,
  httpProxy,
  httpProxyOriginal,
  fastifyHttpProxy,
  nginx,
  haproxy,
  caddy,
];
