/**
 * How a secret may be written elsewhere: a service may echo a credential without its scheme, decoded, or as JSON, URLs
 * and HTML have it.
 */
export function spellingsOf(secret: string): ReadonlySet<string> {
  const parts = [secret, secret.trim()];
  const [, scheme, value] = /^(Bearer|Basic|Digest|Negotiate|Token)\s+(\S.*)$/i.exec(secret) ?? [];
  if (scheme !== undefined && value !== undefined) {
    parts.push(value);
    if (/^basic$/i.test(scheme)) parts.push(...decodedBasic(value));
  }
  const spellings = new Set(parts);
  for (const part of parts) {
    if (plain.test(part)) continue;
    spellings.add(JSON.stringify(part).slice(1, -1)).add(inHtml(part));
    const inUrl = encoded(part);
    spellings.add(inUrl).add(inUrl.replaceAll('%20', '+'));
  }
  return spellings;
}

/** The same everywhere. */
const plain = /^[\w.~-]*$/;

function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // Half of a character has no place in a URL.
    return text;
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const inHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!);

function decodedBasic(value: string): string[] {
  try {
    const both = new TextDecoder().decode(Uint8Array.from(atob(value), (byte) => byte.charCodeAt(0)));
    const colon = both.indexOf(':');
    return colon === -1 ? [both] : [both, both.slice(colon + 1)];
  } catch {
    return [];
  }
}
