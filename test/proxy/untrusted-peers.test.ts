import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../src/ports.ts';
import { UntrustedPeers } from '../../src/proxy/untrusted-peers.ts';

function noted(...addresses: string[]): string[] {
  const events: DomainEvent[] = [];
  const peers = new UntrustedPeers({ emit: (event) => void events.push(event) });
  for (const address of addresses) peers.note(address);
  return events.map((event) => (event.type === 'forwarding.untrusted' ? event.peer : event.type));
}

describe('peers that vouch without being trusted', () => {
  it('are named when they look like a forgotten load balancer', () => {
    expect(noted('10.1.2.3', '127.0.0.1', '192.168.0.9', '172.20.0.1', '::1', 'fd00::7')).toHaveLength(6);
  });

  it('are named once each', () => {
    expect(noted('10.1.2.3', '10.1.2.3', '10.1.2.4', '10.1.2.3')).toEqual(['10.1.2.3', '10.1.2.4']);
  });

  it('are no news when they come from the open network, where anyone may lie', () => {
    expect(noted('93.184.216.34', '2001:db8::1', '172.32.0.1', '')).toEqual([]);
  });

  it('are named although thousands from the open network lied before', () => {
    const crowd = Array.from({ length: 2_000 }, (_, i) => `93.184.${i >> 8}.${i & 255}`);
    expect(noted(...crowd, '10.1.2.3')).toEqual(['10.1.2.3']);
  });
});
