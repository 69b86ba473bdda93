import { type JsonRedaction, type RedactedText, redactJson } from '../domain/redaction/json.ts';

/**
 * Takes secrets out of a text that has a JSON document on each line; empty lines stay. `null` where one of them is
 * none. With `cutShort` the last line may end anywhere.
 */
export function redactJsonLines(text: string, by: JsonRedaction, cutShort: boolean): RedactedText | null {
  const lines = text.split(/\r\n|\n|\r/);
  const last = lines.length - 1;
  const kept: string[] = [];
  let room = by.room;
  let cut = false;
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') {
      if (room > 0) kept.push('');
      continue;
    }
    const redacted = redactJson(line, { ...by, room: Math.max(0, room) }, { cutShort: cutShort && i === last });
    if (redacted === null) return null;
    cut ||= redacted.cut;
    if (room > 0) kept.push(redacted.text);
    room -= redacted.text.length + 1;
  }
  return { text: kept.join('\n'), cut: cut || cutShort || room < 0 };
}
