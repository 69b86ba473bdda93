/** A query, without its `?`, as name, value, name, value…, decoded to bytes (latin1 text). */
export function queryPairs(query: string): readonly string[] {
  const pairs: string[] = [];
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = equals === -1 ? pair : pair.slice(0, equals);
    pairs.push(decodeForm(name), equals === -1 ? '' : decodeForm(pair.slice(equals + 1)));
  }
  return pairs;
}

function decodeForm(text: string): string {
  if (!/[%+]/.test(text)) return text;
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
