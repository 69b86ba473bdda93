import type { AccessLog, EventSink, Meter, Transport } from '../ports.ts';
import type { Admission } from './admission.ts';
import type { UntrustedPeers } from './untrusted-peers.ts';

/** What every request of one proxy shares, whatever the snapshot. */
export interface ProxyContext {
  readonly events: EventSink;
  readonly meter: Meter;
  readonly transport: Transport;
  readonly accessLog: AccessLog | null;
  /** This proxy's name in Via: by it a request that comes back is known. */
  readonly pseudonym: string;
  /** Open tunnels and those being asked for; no server counts them. */
  readonly tunnels: Set<{ destroy(): void }>;
  readonly untrusted: UntrustedPeers;
  readonly admission: Admission;
  /** Plain requests under way. */
  requests: number;
  /** True from the moment that the proxy stops taking new connections. */
  draining: boolean;
}
