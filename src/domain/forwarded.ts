/** What load balancers say of the caller behind them: `X-Forwarded-*`, and `Forwarded` of RFC 7239 made of it. */
import { fieldCode, X_FORWARDED_HOST, X_FORWARDED_PROTO } from './fields.ts';
import type { HeaderLines } from './header-lines.ts';

export interface ForwardedChain {
  /** The value of X-Forwarded-For: addresses, comma-separated, the caller's first. */
  readonly hops: string;
  readonly host: string;
  readonly proto: string;
}

const hostText = /^[\w.:[\]-]+$/;
const protoText = /^[A-Za-z][A-Za-z0-9+.-]*$/;
const hopText = /^(?:(\d{1,3}(?:\.\d{1,3}){3})|\[([\da-f:.]+)\])(:\d{1,5})?$/i;
const bareIpv6 = /^[\da-f]*:[\da-f]*:[\da-f:.]*$/i;

interface Hop {
  readonly address: string;
  /** With its colon; '' without one. */
  readonly port: string;
}

/** The address in one element of X-Forwarded-For, as a socket would name it; null where there is none. */
export function hopAddress(hop: string): string | null {
  return parseHop(hop.trim())?.address ?? null;
}

/** IPv4 without the `::ffff:` that a dual-stack socket puts before it. */
export function plainAddress(address: string): string {
  return /^::ffff:\d+\./i.test(address) ? address.slice(7) : address;
}

/**
 * The scheme and host that a balancer says it was asked for, '' where it says nothing usable. Each balancer of a row may have
 * added its own: the first is what the caller asked for.
 */
export function claimedOrigin(rawHeaders: HeaderLines): { proto: string; host: string } {
  let proto = '';
  let host = '';
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const code = fieldCode(rawHeaders[i]!);
    if (code === X_FORWARDED_PROTO && proto === '') proto = firstOf(rawHeaders[i + 1]!, protoText);
    else if (code === X_FORWARDED_HOST && host === '') host = firstOf(rawHeaders[i + 1]!, hostText);
  }
  return { proto, host };
}

/**
 * The elements for the hops before ours, each with a comma after it; '' when there are none. The first one carries host and
 * scheme, as that is where targets look for what their caller asked for.
 *
 * Without it, a target that reads `Forwarded` before `X-Forwarded-*` would learn from our element alone that its
 * caller came by http, behind a balancer that ends TLS, and redirect in circles.
 */
export function translatedHops({ hops, host, proto }: ForwardedChain): string {
  const shown = `${hostText.test(host) ? `;host="${host}"` : ''}${protoText.test(proto) ? `;proto=${proto}` : ''}`;
  const named = hops
    .split(',')
    .map((hop) => hop.trim())
    .filter((hop) => hop !== '');
  if (named.length === 0) return shown === '' ? '' : `for=unknown${shown}, `;
  return named.map((hop, index) => `for=${node(hop)}${index === 0 ? shown : ''}, `).join('');
}

function node(text: string): string {
  const hop = parseHop(text);
  if (hop === null) return 'unknown';
  const address = hop.address.includes(':') ? `[${hop.address}]` : hop.address;
  return address.startsWith('[') || hop.port !== '' ? `"${address}${hop.port}"` : address;
}

/** Some balancers add the caller's port, and some write IPv4 as a dual-stack socket does. */
function parseHop(text: string): Hop | null {
  if (bareIpv6.test(text)) return { address: plainAddress(text), port: '' };
  const match = hopText.exec(text);
  if (match === null) return null;
  const [, ipv4, ipv6, port = ''] = match;
  return { address: plainAddress(ipv4 ?? ipv6!), port };
}

function firstOf(list: string, shape: RegExp): string {
  const [first = ''] = list.split(',', 1);
  const value = first.trim();
  return shape.test(value) ? value : '';
}
