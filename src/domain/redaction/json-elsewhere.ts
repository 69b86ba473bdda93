import type { StandIns } from './stand-ins.ts';

/**
 * Whether a text that is no JSON holds some, by the end of a field's name, also as forms, HTML and JSON within JSON
 * write it. Where in a document its values stand can't be told, and so not which of them routes.yaml means.
 */
export function holdsJson(text: string): boolean {
  return fieldEnd.test(text);
}

const fieldEnd = /(?:"|%22|&quot;|&#34;|&#x22;|\\u0022)(?:\s|%20|\+)*(?::|%3a)/i;

/** A URL without the parts of its query that hold JSON, and without its path from the first segment that does. */
export function withoutJson(url: string, standIns: StandIns): string {
  if (!holdsJson(url)) return url;
  return url
    .split(/([?&#])/)
    .map((part, i) => {
      if (!holdsJson(part)) return part;
      const from = i === 0 ? part.lastIndexOf('/', part.search(fieldEnd)) + 1 : part.indexOf('=') + 1;
      const kept = holdsJson(part.slice(0, from)) ? 0 : from;
      return part.slice(0, kept) + standIns.of('redacted', part.slice(kept));
    })
    .join('');
}
