const marks: Readonly<Record<string, string>> = { warn: '! ', error: '✗ ', fatal: '✗ ' };

/** A line for people: of a structured log line its message, of any other the line itself. */
export function readable(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const { level, msg } = JSON.parse(line) as { level?: unknown; msg?: unknown };
    return typeof msg === 'string' ? (marks[String(level)] ?? '') + msg : line;
  } catch {
    return line;
  }
}
