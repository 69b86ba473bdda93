import type { DomainEvent, EventSink } from '../ports.ts';

/** Of events that are alike, this many a window are let through; the others are counted and told in one line. */
const allowance = 5;
const windowSeconds = 10;
/** What is told apart at most: keys hold addresses that others choose. */
const maximumKeys = 200;

interface Window {
  readonly of: DomainEvent['type'];
  readonly about: string;
  seen: number;
}

/** Keeps a target that fails ten thousand times a second from filling the log's disk. */
export function quieten(sink: EventSink): EventSink {
  const windows = new Map<string, Window>();

  function closeWindows(): void {
    for (const { of, about, seen } of windows.values()) {
      const count = seen - allowance;
      if (count > 0) sink.emit({ type: 'events.suppressed', of, about, count, seconds: windowSeconds });
    }
    windows.clear();
  }

  return {
    emit(event) {
      const about = repeatable(event);
      if (about === null) {
        sink.emit(event);
        return;
      }
      if (windows.size === 0) setTimeout(closeWindows, windowSeconds * 1000).unref();
      const key = `${event.type} ${about}`;
      const full = !windows.has(key) && windows.size >= maximumKeys;
      const place = full ? event.type : key;
      const window = windows.get(place) ?? { of: event.type, about: full ? 'others' : about, seen: 0 };
      windows.set(place, window);
      window.seen += 1;
      if (window.seen <= allowance) sink.emit(event);
    },
  };
}

/** What events that count as repeats have in common; `null` for one that neither traffic nor DNS can cause, and so never too many. */
function repeatable(event: DomainEvent): string | null {
  switch (event.type) {
    case 'request.failed':
      return `${event.code} on ${event.route} by ${event.target}`;
    case 'part.failed':
      return `${event.code} on ${event.route} ${event.part}`;
    case 'answer.replaced':
      return `${event.status} on ${event.route} by ${event.target}`;
    case 'circuit.opened':
    case 'circuit.closed':
      return `${event.target} ${event.route}`;
    case 'discovery.changed':
    case 'discovery.failed':
      return event.target;
    case 'target.misbehaved':
    case 'instance.unhealthy':
    case 'instance.healthy':
    case 'instance.ejected':
    case 'instance.returned':
      return `${event.target} ${event.instance}`;
    case 'event.lost':
    case 'event.uncertain':
      return `${event.event} of ${event.route}`;
    case 'compare.failed':
      return `${event.route} ${event.rule}`;
    case 'comparer.restarted':
      return event.reason;
    case 'forwarding.untrusted':
      return event.peer;
    default:
      return null;
  }
}
