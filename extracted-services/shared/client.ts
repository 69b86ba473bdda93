/** How a service asks another one over HTTP: bounded in time, repeated where that does no harm, and let alone when it is down. */
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleType,
  handleWhen,
  retry,
  wrap,
} from 'cockatiel';
import { Agent, request } from 'undici';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: object;
  /** With it a POST may be repeated: the other side knows by it what it has done already. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

export interface CallAnswer {
  /** Below 500, and not 429. */
  readonly status: number;
  readonly body: unknown;
}

export interface ClientOptions {
  /** ms */
  readonly connect?: number;
  /** ms for one attempt, from its beginning to the last byte of its answer. */
  readonly total?: number;
  readonly attempts?: number;
  /** ms before the second attempt, about; twice that before the third. */
  readonly backoff?: number;
  /** So many failures in a row open the circuit, for `halfOpenAfter` ms. */
  readonly failures?: number;
  readonly halfOpenAfter?: number;
  /** How many calls are under way at a time, and how many may wait for that. */
  readonly places?: number;
  readonly queue?: number;
  /** False: each call has a connection of its own, so that an answer too many can't be taken for the next call's. */
  readonly reuse?: boolean;
}

/** No answer, or one that says that the other side is in trouble. It may have done what it was asked for. */
export class CallFailed extends Error {
  /** A repetition could help. */
  readonly passing: boolean;

  constructor(message: string, passing: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CallFailed';
    this.passing = passing;
  }
}

export type ServiceClient = ReturnType<typeof serviceClient>;

const longestAnswer = 1024 * 1024;
const repeatable = (call: Call): boolean => call.method !== 'POST' || call.idempotencyKey !== undefined;

/** `base` is where the service is; `name` is for what goes wrong. */
export function serviceClient(name: string, base: string, options: ClientOptions = {}) {
  const { connect = 2_000, total = 5_000, attempts = 3, backoff = 100, reuse = true } = options;
  const { failures = 5, halfOpenAfter = 30_000, places = 16, queue = 256 } = options;
  const agent = new Agent({
    connect: { timeout: connect },
    pipelining: reuse ? 1 : 0,
    maxResponseSize: longestAnswer,
  });
  const circuit = circuitBreaker(handleType(CallFailed), { halfOpenAfter, breaker: new ConsecutiveBreaker(failures) });
  const room = bulkhead(places, queue);
  const again = retry(
    handleWhen((error) => error instanceof CallFailed && error.passing),
    { maxAttempts: attempts - 1, backoff: new ExponentialBackoff({ initialDelay: backoff }) },
  );
  const [once, repeatedly] = [wrap(room, circuit), wrap(room, again, circuit)];

  const attempt = async (call: Call): Promise<CallAnswer> => {
    const late = AbortSignal.timeout(total);
    const signal = call.signal === undefined ? late : AbortSignal.any([call.signal, late]);
    try {
      const answer = await request(new URL(call.path, base), {
        dispatcher: agent,
        method: call.method,
        headers: {
          accept: 'application/json',
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
        },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal,
      });
      const text = await answer.body.text();
      if (answer.statusCode >= 500 || answer.statusCode === 429)
        throw new CallFailed(`${name} answered ${answer.statusCode}`, true);
      return { status: answer.statusCode, body: text === '' ? null : JSON.parse(text) };
    } catch (error) {
      if (error instanceof CallFailed) throw error;
      if (call.signal?.aborted) throw call.signal.reason;
      const why = late.aborted ? `did not answer within ${total} ms` : (error as Error).message;
      throw new CallFailed(`${name}: ${why}`, true, { cause: error });
    }
  };

  return {
    /** Throws {@link CallFailed}, or the reason of the call's signal. */
    async call(call: Call): Promise<CallAnswer> {
      try {
        const policy = repeatable(call) ? repeatedly : once;
        return await policy.execute(() => attempt(call), call.signal);
      } catch (error) {
        if (error instanceof BrokenCircuitError) throw new CallFailed(`${name} is left alone for a while`, false);
        if (error instanceof BulkheadRejectedError) throw new CallFailed(`${name}: too many calls at once`, false);
        throw error;
      }
    },
    close: () => agent.destroy(),
  };
}
