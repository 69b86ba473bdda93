/** Asks Prometheus for what the gates of rollouts under way need, beside the tick: a decision never waits for an answer. */
import { Agent, request } from 'undici';
import { getOrAdd } from '../domain/get-or-add.ts';
import type { Reading } from '../domain/rollout/decide.ts';
import type { PrometheusGate } from '../domain/rollout/model.ts';
import type { EventSink } from '../ports.ts';
import { readingOf } from './prometheus-answer.ts';

/** ms between two questions for one gate. */
const askEvery = 5_000;
/** ms for one answer. */
const answerWithin = 3_000;
/** ms for which an answer speaks: beyond it nobody knows. */
const goodFor = 15_000;
/** Bytes: one value needs a few hundred. */
const longestAnswer = 256 * 1024;

interface GateReaderParts {
  readonly events: EventSink;
  /** Milliseconds by a clock that only goes on. */
  readonly monotonic: () => number;
}

interface Known {
  reading: Reading;
  /** When it was told, and when it was last asked for. */
  at: number;
  askedAt: number;
  asking: boolean;
  trouble: string | null;
}

export class GateReader {
  readonly #parts: GateReaderParts;
  readonly #known = new Map<string, Known>();
  readonly #agent = new Agent({
    connect: { timeout: answerWithin },
    keepAliveTimeout: 10_000,
    maxResponseSize: longestAnswer,
  });

  constructor(parts: GateReaderParts) {
    this.#parts = parts;
  }

  /** What is known of each; what is too old is asked for meanwhile. */
  read(gates: readonly PrometheusGate[]): readonly Reading[] {
    const now = this.#parts.monotonic();
    return gates.map((gate) => {
      const known = getOrAdd(
        this.#known,
        keyOf(gate),
        (): Known => ({
          reading: 'unreachable',
          at: Number.NEGATIVE_INFINITY,
          askedAt: Number.NEGATIVE_INFINITY,
          asking: false,
          trouble: null,
        }),
      );
      if (!known.asking && now - known.askedAt >= askEvery) void this.#ask(gate, known);
      return now - known.at > goodFor ? 'unreachable' : known.reading;
    });
  }

  /** Forgets the gates that no rollout under way asks any more. */
  keepOnly(gates: readonly PrometheusGate[]): void {
    const asked = new Set(gates.map(keyOf));
    for (const key of this.#known.keys()) if (!asked.has(key)) this.#known.delete(key);
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #ask(gate: PrometheusGate, known: Known): Promise<void> {
    known.asking = true;
    known.askedAt = this.#parts.monotonic();
    try {
      const reading = readingOf(await this.#answerOf(gate));
      known.reading = reading;
      known.at = this.#parts.monotonic();
      known.trouble = null;
    } catch (error) {
      known.reading = 'unreachable';
      this.#note(gate, known, (error as Error).message);
    }
    known.asking = false;
  }

  async #answerOf({ url, query }: PrometheusGate): Promise<string> {
    const at = new URL(`${url.replace(/\/+$/, '')}/api/v1/query`);
    at.searchParams.set('query', query);
    const answer = await request(at, {
      dispatcher: this.#agent,
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(answerWithin),
    });
    const text = await answer.body.text();
    // It says by a JSON what is wrong with a query, and answers 400 or 422.
    if (answer.statusCode !== 200 && !text.startsWith('{')) throw new Error(`it answered ${answer.statusCode}`);
    return text;
  }

  /** Once for each trouble: it is asked again and again. */
  #note({ url, query }: PrometheusGate, known: Known, trouble: string): void {
    if (known.trouble === trouble) return;
    known.trouble = trouble;
    this.#parts.events.emit({ type: 'gate.unreachable', at: new URL(url).origin, query, error: trouble });
  }
}

function keyOf({ url, query }: PrometheusGate): string {
  return JSON.stringify([url, query]);
}
