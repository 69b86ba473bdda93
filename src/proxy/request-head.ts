import {
  CONNECTION,
  CONTENT_LENGTH,
  EXPECT,
  FORWARDED,
  FORWARDING_KIN,
  fieldCode,
  HOP_BY_HOP,
  HOST,
  MAX_FORWARDS,
  OTHER,
  TE,
  TRAILER,
  TRANSFER_ENCODING,
  UNDERSCORE_TWIN,
  UPGRADE,
  X_FORWARDED_FOR,
  X_FORWARDED_HOST,
  X_FORWARDED_PROTO,
} from '../domain/fields.ts';
import { claimedOrigin, translatedHops } from '../domain/forwarded.ts';
import type { CallerSocket } from './caller-socket.ts';
import type { Screened } from './screen.ts';
import type { Receiver } from './snapshot.ts';

/**
 * The head of the request for the target, ending in its empty line: the caller's fields in their order and case,
 * without what belongs to the caller's connection, and then ours. What `Connection` names goes before ours come,
 * so that no caller can have them removed.
 */
export function requestHead(
  method: string,
  target: string,
  facts: Screened,
  rawHeaders: readonly string[],
  httpVersion: string,
  receiver: Receiver,
  caller: CallerSocket,
  overrideHeader: string,
): string {
  const host = receiver.host ?? (facts.host === '' ? receiver.authority : facts.host);
  const nominated = facts.nominated;
  let head = `${method} ${target === '*' ? target : receiver.basePath + target} HTTP/1.1\r\n`;
  let hostWritten = false;
  let forwardedFor = '';
  let forwarded = '';

  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const code = fieldCode(name);
    if (code === OTHER) {
      if (nominated?.has(name.toLowerCase())) continue;
      if (isSameField(name, overrideHeader)) continue;
      head += `${name}: ${rawHeaders[i + 1]!}\r\n`;
      continue;
    }
    const value = rawHeaders[i + 1]!;
    switch (code) {
      case HOST:
        hostWritten = true;
        head += `${name}: ${host}\r\n`;
        continue;
      case CONTENT_LENGTH:
        head += `${name}: ${value}\r\n`;
        continue;
      case CONNECTION:
      case TRANSFER_ENCODING:
      case HOP_BY_HOP:
      case TE:
      case UPGRADE:
      case UNDERSCORE_TWIN:
        continue;
      case EXPECT:
        if (facts.expectsContinue && facts.hasBody) head += `${name}: ${value}\r\n`;
        continue;
      case TRAILER:
        if (facts.chunked) head += `${name}: ${value}\r\n`;
        continue;
      case MAX_FORWARDS:
        head += `${name}: ${facts.maxForwards > 0 ? facts.maxForwards - 1 : value}\r\n`;
        continue;
      case X_FORWARDED_FOR:
        if (caller.trusted) forwardedFor += `${value}, `;
        else caller.vouched = true;
        continue;
      case X_FORWARDED_HOST:
      case X_FORWARDED_PROTO:
        if (!caller.trusted) caller.vouched = true;
        continue;
      case FORWARDED:
        if (caller.trusted) forwarded += `${value}, `;
        else caller.vouched = true;
        continue;
      case FORWARDING_KIN:
        if (!caller.trusted) continue;
    }
    if (nominated?.has(name.toLowerCase())) continue;
    head += `${name}: ${value}\r\n`;
  }

  if (!hostWritten) head += `Host: ${host}\r\n`;
  if (facts.chunked) head += 'Transfer-Encoding: chunked\r\n';
  if (facts.upgrade !== null) head += `Upgrade: ${facts.upgrade}\r\nConnection: Upgrade\r\n`;
  else if (facts.takesTrailers) head += 'TE: trailers\r\nConnection: TE\r\n';
  head += caller.trusted
    ? trustedForwarding(caller, facts.host, rawHeaders, forwardedFor, forwarded)
    : caller.forwardingFields(facts.host);
  return receiver.via === null ? `${head}\r\n` : `${head}Via: ${httpVersion} ${receiver.via}\r\n\r\n`;
}

function trustedForwarding(
  caller: CallerSocket,
  requestHost: string,
  rawHeaders: readonly string[],
  hops: string,
  forwardedBefore: string,
): string {
  const { proto, host } = caller.origin(requestHost, rawHeaders);
  const forwarded = forwardedBefore || translatedHops({ hops, ...claimedOrigin(rawHeaders) });
  return `X-Forwarded-For: ${hops}${caller.address}\r\nX-Forwarded-Proto: ${proto}\r\n${
    host === '' ? '' : `X-Forwarded-Host: ${host}\r\n`
  }Forwarded: ${forwarded}${caller.forwardedElement(requestHost)}\r\n`;
}

/** CGI-style targets read `x_a` and `x-a` as one name; so the header that is stripped is stripped in both. */
export function isSameField(name: string, lowerName: string): boolean {
  return name.length === lowerName.length && name.toLowerCase().replaceAll('_', '-') === lowerName.replaceAll('_', '-');
}
