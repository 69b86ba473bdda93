import {
  addConnectionOptions,
  CONNECTION,
  CONTENT_LENGTH,
  fieldCode,
  HOP_BY_HOP,
  TRANSFER_ENCODING,
  UPGRADE,
} from '../../domain/fields.ts';
import { WireError } from './wire-error.ts';

/** What a response's head says about itself and its connection. */
export interface ConnectionFacts {
  /** The fields that may be handed on. */
  headers: string[];
  contentLength: number;
  chunked: boolean;
  close: boolean;
  keepAlive: boolean;
  upgrade: string | null;
  keepAliveSeconds: number;
}

/** Takes what concerns this connection only out of `fields`, and what `Connection` names with it. */
export function connectionFacts(fields: string[]): ConnectionFacts {
  const facts: ConnectionFacts = {
    headers: fields,
    contentLength: -1,
    chunked: false,
    close: false,
    keepAlive: false,
    upgrade: null,
    keepAliveSeconds: -1,
  };
  let nominated: Set<string> | null = null;
  let removed = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1]!;
    switch (fieldCode(fields[i]!)) {
      case CONTENT_LENGTH:
        if (facts.contentLength !== -1) throw new WireError('more than one Content-Length');
        facts.contentLength = readContentLength(value);
        break;
      case TRANSFER_ENCODING:
        if (facts.chunked || value.toLowerCase() !== 'chunked') throw new WireError('unsupported Transfer-Encoding');
        facts.chunked = true;
        removed++;
        break;
      case CONNECTION:
        nominated ??= new Set();
        addConnectionOptions(value, nominated);
        removed++;
        break;
      case UPGRADE:
        facts.upgrade = value;
        removed++;
        break;
      case HOP_BY_HOP:
        facts.keepAliveSeconds = readKeepAlive(fields[i]!, value, facts.keepAliveSeconds);
        removed++;
        break;
    }
  }
  if (nominated !== null) {
    facts.close = nominated.delete('close');
    facts.keepAlive = nominated.delete('keep-alive');
    nominated.delete('upgrade');
  }
  if (removed > 0) facts.headers = withoutConnectionFields(fields, nominated);
  return facts;
}

function withoutConnectionFields(fields: readonly string[], nominated: ReadonlySet<string> | null): string[] {
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    const code = fieldCode(name);
    if (code === TRANSFER_ENCODING || code === CONNECTION || code === UPGRADE || code === HOP_BY_HOP) continue;
    // A target that nominates Content-Length must not make us lose the framing that we have already acted on.
    if (nominated !== null && nominated.size > 0 && code !== CONTENT_LENGTH && nominated.has(name.toLowerCase()))
      continue;
    kept.push(name, fields[i + 1]!);
  }
  return kept;
}

/** `Keep-Alive: timeout=5`: no standard, but what most servers say. */
function readKeepAlive(name: string, value: string, before: number): number {
  const timeout = name.length === 10 ? /(?:^|[,\s])timeout=(\d{1,6})/i.exec(value) : null;
  return timeout === null ? before : Number(timeout[1]);
}

function readContentLength(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new WireError('invalid Content-Length');
  return Number(value);
}
