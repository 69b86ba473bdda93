import { type HeaderLines, headerValue } from './header-lines.ts';

/** How long the body of an answer may take before it counts as one without an end, in ms. */
export const longestBody = 30_000;

const endless = /^\s*(?:text\/event-stream|multipart\/x-mixed-replace|application\/grpc)/i;

/** Whether an answer with these fields may go on for as long as its caller stays. */
export function isEndless(fields: HeaderLines): boolean {
  const type = headerValue(fields, 'content-type');
  return type !== null && endless.test(type);
}
