import type { CloudEvent } from '../domain/cloud-event.ts';
import type { Happened, Uncertain } from '../domain/publishing/intent.ts';

/** The event that a person says has happened; `null` where nobody says what to. */
export function eventBySettling(intent: Uncertain, { key, data, source }: Happened): CloudEvent | null {
  const subject = intent.key ?? key;
  if (subject === null || subject === '') return null;
  return {
    specversion: '1.0',
    id: intent.id,
    type: intent.type,
    source,
    subject,
    time: new Date(intent.at).toISOString(),
    datacontenttype: 'application/json',
    data,
  };
}

export const notUncertain = 'no intent with this id is uncertain';
export const needsKey = 'its key was to come from an answer that nobody has: say it by --key';
