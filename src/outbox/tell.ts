import { decodeBody } from '../coding/decode.ts';
import { BusError } from '../domain/bus-error.ts';
import type { CloudEvent } from '../domain/cloud-event.ts';
import { eventText } from '../domain/event-text.ts';
import { eventOf, Untellable } from '../domain/publishing/event.ts';
import type { Answered, Intent, Message } from '../domain/publishing/intent.ts';

/** What one telling came to: the event with its text, or why there is none. */
export type Told = { readonly intent: Intent } & (
  | { readonly event: CloudEvent; readonly text: string }
  | { readonly event: null; readonly untold: string }
);

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The events that an answer is. Off the main thread wherever there is one: bodies are decoded and read here. */
export function tell({ tellings, at, source, traceparent, params, answer, request }: Answered): readonly Told[] {
  const time = new Date(at).toISOString();
  const texts = { answer: () => textOf(answer, 'answer'), request: () => textOf(request, 'request') };
  return tellings.map(({ intent, settings }): Told => {
    try {
      const event = eventOf(settings, { id: intent.id, source, time, traceparent, params, ...texts });
      return { intent, event, text: eventText(event) };
    } catch (error) {
      // A fault of ours costs this event, which somebody will look at, and none of those beside it.
      const isKnown = error instanceof Untellable || error instanceof BusError;
      const untold = isKnown ? error.message : `it could not be told: ${String(error)}`;
      return { intent, event: null, untold };
    }
  });
}

function textOf({ headers, body }: Message, what: string): string {
  if (body === null) throw new Untellable(`the ${what} is larger than "limit", or has not come whole`);
  const decoded = decodeBody(headers, body);
  if (!(decoded instanceof Uint8Array)) throw new Untellable(`the ${what} can't be read: ${decoded.why}`);
  try {
    return utf8.decode(decoded);
  } catch {
    throw new Untellable(`the ${what} is not UTF-8 text`);
  }
}
