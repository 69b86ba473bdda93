/** `Forwarded` of RFC 7239, made of what a load balancer says in `X-Forwarded-*`. */

interface ForwardedChain {
  /** The value of X-Forwarded-For: addresses, comma-separated, the caller's first. */
  readonly hops: string;
  readonly host: string;
  readonly proto: string;
}

const hostText = /^[\w.:[\]-]+$/;
const protoText = /^[A-Za-z][A-Za-z0-9+.-]*$/;
const ipv4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const ipv6 = /^[\da-f]*:[\da-f]*:[\da-f:.]*$/i;
const withPort = /^(\d{1,3}(\.\d{1,3}){3}|\[[\da-f:.]+\]):\d{1,5}$/i;

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

function node(hop: string): string {
  if (ipv4.test(hop)) return hop;
  if (withPort.test(hop)) return `"${hop}"`;
  return ipv6.test(hop) ? `"[${hop}]"` : 'unknown';
}
