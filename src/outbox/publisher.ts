import { type HeaderLines, headerValue, isNamed } from '../domain/header-lines.ts';
import { keyBeforehand } from '../domain/publishing/event.ts';
import type { Answered, Intent, Telling } from '../domain/publishing/intent.ts';
import { isPublished, type PublishSettings } from '../domain/publishing/settings.ts';
import type { Source } from '../domain/publishing/source.ts';
import { meetsStatusTest } from '../domain/publishing/status-test.ts';
import type { Route } from '../domain/settings.ts';
import type { Clock, Publication, PublishedRequest, Publisher, PublishLane } from '../ports.ts';
import { newEventId } from './event-id.ts';
import type { OutboxKeeper } from './keeper.ts';
import type { Tallies } from './tally.ts';

export interface PublisherParts {
  readonly clock: Clock;
  readonly keeper: OutboxKeeper;
  readonly tallies: Tallies;
  /** The `source` of events, as in force. */
  readonly source: () => string;
}

/** Tells of the answers of routes that say `publish`. */
export function createPublisher(parts: PublisherParts): Publisher {
  return { lane: (route) => (route.publish.length === 0 ? null : laneOf(route, parts)) };
}

function laneOf(route: Route, parts: PublisherParts): PublishLane {
  return {
    begin(request) {
      const settings = route.publish.filter((each) => isPublished(each, request.method));
      if (settings.length === 0 || isCopy(request)) return null;
      return new RequestPublication(route.id, settings, request, parts);
    },
  };
}

/**
 * A shadow is another proxy's copy: what it does has happened already, or not at all. Anybody else who says to be one would
 * keep from the others what it did.
 */
function isCopy({ trusted, rawHeaders }: PublishedRequest): boolean {
  return trusted && headerValue(rawHeaders, 'x-strangler-shadow') !== null;
}

const traceparentForm = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

class RequestPublication implements Publication {
  readonly durable: boolean;
  readonly limit: number;
  readonly readsRequest: boolean;
  readonly #parts: PublisherParts;
  readonly #request: PublishedRequest;
  /** One for each kind of event that may come of it; fewer once its status is known. */
  #tellings: readonly (Telling & { readonly settings: PublishSettings })[];
  /** It may be in the outbox. */
  #isIntended = false;
  #ended = false;

  constructor(route: string, settings: readonly PublishSettings[], request: PublishedRequest, parts: PublisherParts) {
    this.#parts = parts;
    this.#request = request;
    this.durable = settings.some(({ mode }) => mode === 'durable');
    this.limit = Math.max(...settings.map(({ limit }) => limit));
    this.readsRequest = settings.some(readsRequest);
    const at = parts.clock.now();
    const { method, url, params } = request;
    const path = url.split('?', 1)[0]!;
    this.#tellings = settings.map((each) => ({
      settings: each,
      intent: {
        id: newEventId(at),
        at,
        route,
        type: each.type,
        method,
        path,
        key: keyBeforehand(each, params),
      },
    }));
  }

  async intend(): Promise<boolean> {
    const { keeper } = this.#parts;
    const refuses = this.#tellings.some(({ settings }) => settings.unavailable === 'refuse');
    if (keeper.troubled) return !(refuses && this.#refuse());
    this.#isIntended = true;
    const writing = keeper.intend(this.#intents());
    if (!this.durable && !refuses) return true;
    if ((await writing) || !refuses) return true;
    // Perhaps it was written all the same.
    keeper.dismiss(this.#intents().map(({ id }) => id));
    return !this.#refuse();
  }

  takes(status: number): boolean {
    if (this.#ended) return false;
    const taken = this.#tellings.filter(({ settings }) => meetsStatusTest(settings.when, status));
    if (taken.length < this.#tellings.length) {
      this.#dismiss(this.#tellings.filter((telling) => !taken.includes(telling)));
      this.#tellings = taken;
    }
    this.#ended = taken.length === 0;
    return !this.#ended;
  }

  async answered(headers: HeaderLines, body: Uint8Array, request: Uint8Array | null): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const { rawHeaders, params } = this.#request;
    const trace = headerValue(rawHeaders, 'traceparent');
    const answered: Answered = {
      tellings: this.#tellings.map(({ intent, settings: { type, key, data } }) => ({
        intent,
        settings: { type, key, data },
      })),
      at: this.#parts.clock.now(),
      source: this.#parts.source(),
      traceparent: trace !== null && traceparentForm.test(trace) ? trace : null,
      params,
      answer: { headers: codingOf(headers), body },
      request: { headers: codingOf(rawHeaders), body: request },
    };
    const since = performance.now();
    await this.#parts.keeper.record(answered);
    if (!this.durable) return;
    for (const { intent } of this.#tellings) {
      const tally = this.#parts.tallies.of(intent.route, intent.type);
      tally.held += 1;
      tally.heldMilliseconds += performance.now() - since;
    }
  }

  dismiss(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#dismiss(this.#tellings);
  }

  leaveOpen(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#parts.keeper.leaveOpen(this.#intents(), reason);
  }

  #intents(): Intent[] {
    return this.#tellings.map(({ intent }) => intent);
  }

  #refuse(): true {
    this.#ended = true;
    for (const { intent } of this.#tellings) {
      this.#parts.tallies.of(intent.route, intent.type).counts.refused += 1;
    }
    return true;
  }

  #dismiss(tellings: readonly Telling[]): void {
    for (const { intent } of tellings) this.#parts.tallies.of(intent.route, intent.type).counts.dismissed += 1;
    if (this.#isIntended) this.#parts.keeper.dismiss(tellings.map(({ intent }) => intent.id));
  }
}

function readsRequest({ key, data }: PublishSettings): boolean {
  return [key, ...(data ?? []).map(([, source]) => source)].some((source: Source) => source.from === 'request');
}

/** All that is needed to read a body; nothing else of the headers leaves this thread. */
function codingOf(headers: HeaderLines): HeaderLines {
  const lines: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (isNamed(headers[i]!, 'content-encoding')) lines.push(headers[i]!, headers[i + 1]!);
  }
  return lines;
}
