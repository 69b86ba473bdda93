import type { CloudEvent } from '../domain/cloud-event.ts';
import { eventOf } from '../domain/event-text.ts';

/** What a dead letter shows: the event, or what stood in the place of one. */
export function letterEvent(text: string, at: number): CloudEvent {
  return (
    eventOf(text) ?? {
      specversion: '1.0',
      id: 'unreadable',
      type: 'strangler.unreadable',
      source: 'unknown',
      subject: 'unknown',
      time: new Date(at).toISOString(),
      datacontenttype: 'application/json',
      data: text,
    }
  );
}
