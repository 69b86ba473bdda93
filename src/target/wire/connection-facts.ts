import {
  CONNECTION,
  CONTENT_LENGTH,
  connectionOptions,
  fieldCode,
  HOP_BY_HOP,
  TRAILER,
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
  announcesTrailer: boolean;
}

/**
 * Takes what concerns this connection only out of `fields`, and what `Connection` names with it. The list itself is
 * made shorter: nearly every target has something to take out, and a second list would be as long as the first.
 */
export function connectionFacts(fields: string[]): ConnectionFacts {
  const facts: ConnectionFacts = {
    headers: fields,
    contentLength: -1,
    chunked: false,
    close: false,
    keepAlive: false,
    upgrade: null,
    keepAliveSeconds: -1,
    announcesTrailer: false,
  };
  let nominated: Set<string> | null = null;
  let kept = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    const value = fields[i + 1]!;
    switch (fieldCode(name)) {
      case CONTENT_LENGTH:
        if (facts.contentLength !== -1) throw new WireError('more than one Content-Length');
        facts.contentLength = readContentLength(value);
        break;
      case TRAILER:
        facts.announcesTrailer = true;
        break;
      case TRANSFER_ENCODING:
        if (facts.chunked || value.toLowerCase() !== 'chunked') throw new WireError('unsupported Transfer-Encoding');
        facts.chunked = true;
        continue;
      case CONNECTION: {
        const { close, keepAlive, names } = connectionOptions(value);
        facts.close ||= close;
        facts.keepAlive ||= keepAlive;
        for (const option of names) {
          nominated ??= new Set();
          nominated.add(option);
        }
        continue;
      }
      case UPGRADE:
        facts.upgrade = value;
        continue;
      case HOP_BY_HOP:
        if (name.length === keepAliveLength) facts.keepAliveSeconds = readKeepAlive(value, facts.keepAliveSeconds);
        continue;
    }
    if (kept < i) {
      fields[kept] = name;
      fields[kept + 1] = value;
    }
    kept += 2;
  }
  while (fields.length > kept) fields.pop();
  if (nominated !== null) facts.headers = withoutNominated(fields, nominated);
  return facts;
}

function withoutNominated(fields: readonly string[], nominated: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    // A target that nominates Content-Length must not make us lose the framing that we have already acted on.
    if (fieldCode(name) === CONTENT_LENGTH || !nominated.has(name.toLowerCase())) kept.push(name, fields[i + 1]!);
  }
  return kept;
}

const keepAliveLength = 'keep-alive'.length;

/** A target says the same in each of its answers. */
let lastKeepAlive = '';
let lastSeconds: number | null = null;

/** `Keep-Alive: timeout=5`: no standard, but what most servers say. */
function readKeepAlive(value: string, before: number): number {
  if (value !== lastKeepAlive) {
    const timeout = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(value);
    lastKeepAlive = value;
    lastSeconds = timeout === null ? null : Number(timeout[1]);
  }
  return lastSeconds ?? before;
}

function readContentLength(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new WireError('invalid Content-Length');
  return Number(value);
}
