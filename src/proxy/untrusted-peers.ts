import type { EventSink } from '../ports.ts';
import { Trust } from './caller-socket.ts';

const privateBlocks = new Trust([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '::1',
  'fc00::/7',
  'fe80::/10',
]);

/** Addresses remembered at the most, of private ones; others take no place, since anyone may come from them. */
const mostRemembered = 1_000;

/**
 * Peers that say for whom they ask without being trusted to. One with a private address is most likely a load
 * balancer that `listen.trust` forgot: the monolith then takes every caller for the balancer, and may redirect
 * https to https for ever. So it is said once for each.
 */
export class UntrustedPeers {
  readonly #events: EventSink;
  readonly #noted = new Set<string>();

  constructor(events: EventSink) {
    this.#events = events;
  }

  note(address: string): void {
    if (this.#noted.has(address) || this.#noted.size >= mostRemembered || !privateBlocks.has(address)) return;
    this.#noted.add(address);
    this.#events.emit({ type: 'forwarding.untrusted', peer: address });
  }
}
