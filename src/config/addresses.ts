import { isIP, isIPv4, isIPv6 } from 'node:net';
import { readBusLocation } from '../domain/bus-location.ts';
import type { BusLocation } from '../domain/events-settings.ts';
import { type InstanceUrl, notAnInstanceUrl, parseInstanceUrl } from '../domain/instance-url.ts';
import type { StateLocation } from '../domain/settings.ts';
import { withoutCredentials } from '../domain/without-credentials.ts';
import { orEnvironment, textLeaf, Unacceptable } from './leaf.ts';
import { quote } from './problem.ts';

/** One instance's base URL. */
export function instanceUrl() {
  return textLeaf('a URL such as http://127.0.0.1:3000', readInstanceUrl, { pattern: orEnvironment('^https?://') });
}

/** A URL of another program, path and query included; no credentials, which would end up in logs. */
export function httpUrl() {
  return textLeaf(
    'a URL such as https://hooks.example.com/strangler',
    (written) => {
      const url = /^https?:\/\/[^\s\\]+$/i.test(written) ? tryUrl(written) : undefined;
      if (url === undefined) throw new Unacceptable(`${quote(withoutCredentials(written))} is not a URL`);
      if (url.username !== '' || url.password !== '') throw new Unacceptable('takes no user name and no password');
      return url.href;
    },
    { pattern: orEnvironment('^https?://') },
  );
}

function readInstanceUrl(written: string): InstanceUrl {
  const url = parseInstanceUrl(written);
  if (typeof url !== 'string') return url;
  throw new Unacceptable(url === notAnInstanceUrl ? `${quote(withoutCredentials(written))} ${url}` : url);
}

function tryUrl(written: string): URL | undefined {
  return URL.canParse(written) ? new URL(written) : undefined;
}

/** A load balancer's address or block of addresses; a lone address comes out as a block of one. */
export function cidr() {
  return textLeaf('an address or CIDR block such as 10.0.0.0/8', readCidr, { minLength: 1 });
}

function readCidr(written: string): string {
  const [address = '', bits, ...rest] = written.split('/');
  const family = isIP(address);
  const widest = family === 4 ? 32 : 128;
  const isBlock = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= widest);
  if (family === 0 || !isBlock || rest.length > 0 || address.includes('%')) {
    throw new Unacceptable(`${quote(written)} is not an address or CIDR block such as 10.0.0.0/8`);
  }
  return `${address}/${bits ?? widest}`;
}

/** Where to listen: an address, or a name that resolves to one. */
export function bindHost() {
  return textLeaf(
    'a host name or address',
    (written) => {
      const bare = written.replace(/^\[(.*)\]$/, '$1');
      if (isIP(bare) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(bare)) return bare;
      throw new Unacceptable(`${quote(written)} is not a host name or address`);
    },
    { minLength: 1 },
  );
}

export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.');
  if (isIPv6(host)) return host === '::1' || /^::ffff:127\./i.test(host);
  return host.toLowerCase() === 'localhost';
}

/** Where the state is when nothing says otherwise. */
export const defaultStateLocation = 'sqlite:.strangler/state.db';

/** Paths come out as they stand; they are relative to the file. */
export function stateLocation() {
  return textLeaf('memory or sqlite:PATH', readStateLocation, {
    pattern: orEnvironment('^(memory:?|sqlite:.+)$'),
    examples: [defaultStateLocation, 'memory'],
  });
}

function readStateLocation(written: string): StateLocation {
  if (written === 'memory' || written === 'memory:') return { kind: 'memory' };
  if (/^rediss?:/i.test(written)) throw new Unacceptable('"redis://…" is not available yet');
  const path = /^sqlite:(.+)$/s.exec(written)?.[1];
  if (path === undefined) throw new Unacceptable(`must be memory or sqlite:PATH, not ${quote(written)}`);
  if (path === ':memory:') throw new Unacceptable('is written "memory" for a state in memory');
  if (/^\/\/(?!\/)/.test(path)) throw new Unacceptable('takes the path right behind sqlite:, without //');
  return { kind: 'sqlite', path };
}

/** Where events are when nothing says otherwise. */
export const defaultBusLocation = 'sqlite:.strangler/events.db';

/** Paths come out as they stand; they are relative to the file. */
export function busLocation() {
  return textLeaf('memory, sqlite:PATH, redis://HOST or kafka://HOST:PORT', busLocationOf, {
    pattern: orEnvironment('^(memory|sqlite:.+|rediss?://.+|kafka://.+)$'),
    examples: [defaultBusLocation, 'redis://127.0.0.1:6379', 'kafka://broker-1:9092,broker-2:9092'],
  });
}

function busLocationOf(written: string): BusLocation {
  const location = readBusLocation(written);
  if (location !== null) return location;
  throw new Unacceptable(
    `must be memory, sqlite:PATH, redis://HOST:PORT or kafka://HOST:PORT,…, not ${quote(withoutCredentials(written))}`,
  );
}
