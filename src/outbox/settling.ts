import { BusError } from '../domain/bus-error.ts';
import type { CloudEvent } from '../domain/cloud-event.ts';
import { eventText } from '../domain/event-text.ts';
import type { Settlement, Uncertain } from '../domain/publishing/intent.ts';

/** What a person says came of one intent: an event with its text, nothing, or what can't be. */
export type Settling =
  | { readonly as: 'happened'; readonly event: CloudEvent; readonly text: string }
  | { readonly as: 'nothing' }
  | { readonly as: 'refused'; readonly message: string };

/** @param intent `undefined`: no such intent is uncertain. */
export function settling(intent: Uncertain | undefined, { happened }: Settlement): Settling {
  if (intent === undefined) return { as: 'refused', message: 'no intent with this id is uncertain' };
  if (happened === null) return { as: 'nothing' };
  const subject = happened.key ?? intent.key;
  if (subject === null || subject === '') {
    return { as: 'refused', message: 'its key was to come from an answer that nobody has: say it by --key' };
  }
  const event: CloudEvent = {
    specversion: '1.0',
    id: intent.id,
    type: intent.type,
    source: happened.source,
    subject,
    time: new Date(intent.at).toISOString(),
    datacontenttype: 'application/json',
    data: happened.data,
  };
  try {
    return { as: 'happened', event, text: eventText(event) };
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    return { as: 'refused', message: error.message };
  }
}
