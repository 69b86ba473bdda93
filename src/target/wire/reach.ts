import net from 'node:net';
import type tls from 'node:tls';
import type { InstanceUrl, TargetSettings } from '../../domain/settings.ts';

/** Where a socket to an instance goes. */
export function placeOf({ address, hostname, port }: InstanceUrl): { readonly host: string; readonly port: number } {
  return { host: address ?? hostname, port };
}

/** The same, and whose certificate is expected there. */
export function securePlaceOf(url: InstanceUrl, settings: TargetSettings['tls']): tls.ConnectionOptions {
  const { hostname } = url;
  const { ca, servername, verify } = settings;
  return {
    ...placeOf(url),
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: verify,
    // SNI takes names only; an address is checked against the certificate by `host`.
    ...(servername !== null ? { servername } : net.isIP(hostname) === 0 ? { servername: hostname } : {}),
    ...(ca !== null ? { ca } : {}),
  };
}
