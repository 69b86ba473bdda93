/**
 * Reads Node's `rawHeaders`: name, value, name, value… as they came. Nothing here builds a map or lower-cases a
 * line: a request carries dozens of them and one or two are asked for.
 */
export type HeaderLines = readonly string[];

/** The first line of that name; `lowerName` is lower-case. */
export function headerValue(lines: HeaderLines, lowerName: string): string | null {
  for (let i = 0; i < lines.length; i += 2) {
    if (isNamed(lines[i]!, lowerName)) return lines[i + 1]!;
  }
  return null;
}

export function isNamed(name: string, lowerName: string): boolean {
  if (name.length !== lowerName.length) return false;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    const lower = code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
    if (lower !== lowerName.charCodeAt(i)) return false;
  }
  return true;
}
