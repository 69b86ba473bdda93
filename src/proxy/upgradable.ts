import { IncomingMessage } from 'node:http';
import { CONTENT_LENGTH, fieldCode, TRANSFER_ENCODING, UPGRADE } from '../domain/fields.ts';

const asked = Symbol('upgrade asked for');

/**
 * Node hands every request with an `Upgrade` field to the `upgrade` listener and takes it out of its parser, bodies
 * and all. Its parser asks `upgrade` of the message, so here the message itself says which requests may become
 * tunnels; every other one stays a plain request whose Upgrade is dropped.
 */
export class UpgradableMessage extends IncomingMessage {
  /** No private field: the base class's constructor sets `upgrade` before this class's own fields exist. */
  declare [asked]: boolean;

  set upgrade(value: boolean) {
    this[asked] = value;
  }

  get upgrade(): boolean {
    return this[asked] && (this.method === 'CONNECT' || tunnelProtocol(this) !== null);
  }

  /** An Upgrade that was asked for and is not taken up. */
  get declinesUpgrade(): boolean {
    return this[asked] && !this.upgrade;
  }
}

interface UpgradeRequest {
  readonly method?: string | undefined;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
}

/**
 * The protocol that a request may switch to, or `null`. A body would be read as the new protocol's first bytes, a
 * second HTTP inside the tunnel would pass by every rule of the proxy: neither is let through.
 */
export function tunnelProtocol({ method, httpVersion, rawHeaders }: UpgradeRequest): string | null {
  if (httpVersion !== '1.1') return null;
  let upgrade: string | null = null;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const value = rawHeaders[i + 1]!;
    switch (fieldCode(rawHeaders[i]!)) {
      case TRANSFER_ENCODING:
        return null;
      case CONTENT_LENGTH:
        if (value !== '0') return null;
        break;
      case UPGRADE:
        if (upgrade !== null) return null;
        upgrade = value;
        break;
    }
  }
  if (upgrade === null || !/^[A-Za-z0-9!#$%&'*+.^_`|~-]+(?:\/[A-Za-z0-9.]+)?$/.test(upgrade)) return null;
  const protocol = upgrade.toLowerCase();
  if (/^(?:h2c?|http|tls|https|connect.*)(?:\/|$)/.test(protocol)) return null;
  return protocol !== 'websocket' || method === 'GET' ? protocol : null;
}
