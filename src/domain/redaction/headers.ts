import type { HeaderLines } from '../header-lines.ts';
import { redactLooks } from './looks.ts';
import { isSecretName } from './secret-names.ts';
import type { StandIns } from './stand-ins.ts';
import { redactText } from './text.ts';
import { redactUrl } from './url.ts';

/** By these a copy is found again; they say nothing of anyone. */
const traces = new Set(['traceparent', 'b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid']);
const urls = new Set(['location', 'content-location', 'referer', 'refresh', 'link', 'origin']);

/** Takes secrets out of header lines: names stay, so do the names and attributes of cookies. */
export function redactHeaders(lines: HeaderLines, configured: ReadonlySet<string>, standIns: StandIns): string[] {
  const redacted: string[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) {
    redacted.push(
      redactLooks(standIns.scrub(lines[i]!), standIns),
      redactHeader(lines[i]!, lines[i + 1]!, configured, standIns),
    );
  }
  return redacted;
}

export function redactHeader(name: string, value: string, configured: ReadonlySet<string>, standIns: StandIns): string {
  const lower = name.toLowerCase();
  if (value === '') return value;
  // Whoever sends one may put anything in it.
  if (traces.has(lower)) return /^[0-9a-f-]+$/i.test(value) ? value : standIns.of('redacted', value);
  if (lower === 'cookie')
    return value
      .split(';')
      .map((pair) => redactCookie(pair, configured.has(lower), standIns))
      .join(';');
  if (lower === 'set-cookie') {
    const [pair, ...attributes] = value.split(';');
    return [
      redactCookie(pair!, configured.has(lower), standIns),
      ...attributes.map((text) => redactText(text, standIns)),
    ].join(';');
  }
  if (configured.has(lower) || isSecretName(lower)) return standIns.of('redacted', value);
  return urls.has(lower) ? redactUrl(value, standIns) : redactText(value, standIns);
}

function redactCookie(pair: string, isConfigured: boolean, standIns: StandIns): string {
  const equals = pair.indexOf('=');
  const value = pair.slice(equals + 1).trim();
  if (value === '') return pair;
  const ground = isConfigured || isSecretName(pair.slice(0, Math.max(0, equals)).trim()) ? 'told' : 'guessed';
  // Without a name it is all value.
  return `${standIns.scrub(pair.slice(0, equals + 1))}${standIns.of('redacted', value, ground)}`;
}
