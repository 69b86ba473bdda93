import { timeOf } from './times.ts';

/** What one `set-cookie` line sets up, without the value, which is a secret more often than not. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** Normalised and sorted; two that do the same have the same. */
  readonly attributes: string;
}

export function setCookieOf(line: string): SetCookie {
  const [first = '', ...rest] = line.split(';');
  const equals = first.indexOf('=');
  const name = (equals === -1 ? '' : first.slice(0, equals)).trim();
  const value = first.slice(equals + 1).trim();
  const attributes = new Set(rest.map(attributeOf).filter((text) => text !== ''));
  return { name, value, attributes: [...attributes].sort().join('; ') };
}

/** Until 2001 nobody set a cookie with this in mind: such a time deletes it. */
const longPast = Date.UTC(2001, 0, 1);

function attributeOf(text: string): string {
  const equals = text.indexOf('=');
  const name = (equals === -1 ? text : text.slice(0, equals)).trim().toLowerCase();
  const value = equals === -1 ? '' : text.slice(equals + 1).trim();
  if (name === 'expires') {
    // When it ends depends on when it was sent.
    const time = timeOf(value) ?? timeOf(value.replace(/^(\w{3}, \d{2})-(\w{3})-(\d{4})/, '$1 $2 $3'));
    return time === null ? 'expires=?' : time < longPast ? 'expires=past' : 'expires';
  }
  if (name === 'max-age' && Number(value) <= 0) return 'max-age=0';
  if (name === 'domain') return `domain=${value.replace(/^\./, '').toLowerCase()}`;
  if (name === 'samesite' || name === 'priority') return `${name}=${value.toLowerCase()}`;
  if (name === 'secure' || name === 'httponly' || name === 'partitioned') return name;
  return value === '' ? name : `${name}=${value}`;
}
