/**
 * Tells people's programs what became of a rollout. A receiver that is slow or dead costs memory for a few messages, and
 * then a message: never a rollout.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { getOrAdd } from '../domain/get-or-add.ts';
import type { WebhookSettings } from '../domain/policies.ts';
import type { Clock, EventSink } from '../ports.ts';
import { signatureOf } from './signature.ts';
import type { Transition } from './transition.ts';
import { type WebhookBody, webhookBody } from './webhook-body.ts';

/** Waits before the second attempt and those after it, in ms. A deployment of the receiver may take half a minute. */
const waits = [1_000, 4_000, 10_000, 20_000] as const;
/** Messages that wait for one receiver. */
const mostWaiting = 100;
/** ms for one attempt, its answer included. */
const attemptWithin = 5_000;

interface WebhookParts {
  readonly events: EventSink;
  readonly clock: Clock;
  /** Of the file in force. */
  readonly settings: () => readonly WebhookSettings[];
  /** For tests, which have no half minute: instead of {@link waits}. */
  readonly waits?: readonly number[];
}

interface Line {
  readonly waiting: { readonly hook: WebhookSettings; readonly body: WebhookBody }[];
  work: Promise<void> | null;
}

export class Webhooks {
  readonly #parts: WebhookParts;
  readonly #agent = new Agent({ connect: { timeout: attemptWithin }, keepAliveTimeout: 1_000, pipelining: 1 });
  /** By URL: one message after the other, so that they arrive in the order in which things happened. */
  readonly #lines = new Map<string, Line>();
  readonly #stopping = new AbortController();
  #lost = 0;

  constructor(parts: WebhookParts) {
    this.#parts = parts;
  }

  /** Messages that no receiver has taken. */
  get lost(): number {
    return this.#lost;
  }

  /** Returns at once. */
  tell(transition: Transition): void {
    const body = webhookBody(transition);
    for (const hook of this.#parts.settings()) {
      const line = getOrAdd(this.#lines, hook.url, (): Line => ({ waiting: [], work: null }));
      if (line.waiting.length >= mostWaiting) {
        line.waiting.shift();
        this.#lose(hook, 'too many wait for it');
      }
      line.waiting.push({ hook, body });
      line.work ??= this.#work(hook.url, line);
    }
  }

  /** Gives up what has not been taken after `within` ms. */
  async close(within: number): Promise<void> {
    const works = [...this.#lines.values()].map(({ work }) => work);
    await Promise.race([Promise.all(works), sleep(within, undefined, { ref: false })]);
    this.#stopping.abort();
    await this.#agent.destroy();
  }

  async #work(url: string, line: Line): Promise<void> {
    for (let next = line.waiting.shift(); next !== undefined; next = line.waiting.shift()) {
      const trouble = await this.#deliver(next.hook, JSON.stringify(next.body));
      if (trouble !== null) this.#lose(next.hook, trouble);
    }
    this.#lines.delete(url);
  }

  /** Why it was not taken, after all attempts; `null`: it was. */
  async #deliver(hook: WebhookSettings, body: string): Promise<string | null> {
    const pauses = this.#parts.waits ?? waits;
    for (let attempt = 0; ; attempt++) {
      const said = await this.#attempt(hook, body);
      if (said === 'taken') return null;
      const pause = pauses[attempt];
      if (!said.again || pause === undefined || this.#stopping.signal.aborted) return said.trouble;
      // Several proxies that follow one state would otherwise come again all at once.
      const wait = pause * (0.75 + Math.random() / 2);
      await sleep(wait, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined);
    }
  }

  async #attempt(
    { url, secret }: WebhookSettings,
    body: string,
  ): Promise<'taken' | { readonly again: boolean; readonly trouble: string }> {
    const timestamp = String(Math.floor(this.#parts.clock.now() / 1000));
    const signature = secret === null ? {} : { 'x-strangler-signature': signatureOf(secret, timestamp, body) };
    try {
      const answer = await request(url, {
        dispatcher: this.#agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-strangler-timestamp': timestamp, ...signature },
        body,
        signal: AbortSignal.any([AbortSignal.timeout(attemptWithin), this.#stopping.signal]),
      });
      const { statusCode: status } = answer;
      // Nothing in its answer is of interest, and it may have no end.
      await answer.body.dump({ limit: 16_384 }).catch(() => undefined);
      if (status >= 200 && status < 300) return 'taken';
      // A redirect would carry what is signed for one receiver to another one.
      return {
        again: status >= 500 || status === 408 || status === 425 || status === 429,
        trouble: `answered ${status}`,
      };
    } catch (error) {
      return { again: true, trouble: (error as Error).message };
    }
  }

  #lose({ url }: WebhookSettings, trouble: string): void {
    this.#lost += 1;
    this.#parts.events.emit({ type: 'webhook.lost', receiver: receiverOf(url), error: trouble });
  }
}

/** Without path and query, in which many receivers have their password. */
function receiverOf(url: string): string {
  return new URL(url).origin;
}
