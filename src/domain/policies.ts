/** What routes.yaml says of how a target is used and spared, after validation. `null` is off wherever it may stand. */

/** Where a target's instances are found. */
export type Discovery =
  /** They are the ones that the file lists. */
  | { readonly kind: 'static' }
  /** Each address that a listed URL's name resolves to is an instance; asked again when its time to live is over. */
  | { readonly kind: 'dns' }
  /** They are listed in a file of their own, one URL a line, which is read again when it changes. Absolute path. */
  | { readonly kind: 'file'; readonly path: string };

/** Asks every instance now and then whether it is well. */
export interface HealthSettings {
  readonly path: string;
  /** Milliseconds between two questions to one instance, give or take a tenth. */
  readonly every: number;
  /** Milliseconds for the whole answer. */
  readonly timeout: number;
  /** Failures in a row after which it is left alone, and answers in a row after which it is back. */
  readonly unhealthyAfter: number;
  readonly healthyAfter: number;
}

/** Leaves an instance alone that failed callers' requests, though others of its target may be well. */
export interface EjectionSettings {
  /** Failures in a row. */
  readonly failures: number;
  /** Milliseconds, times how often it was ejected; never more than `longest`. */
  readonly time: number;
  readonly longest: number;
  /** Of the instances, how many percent may be ejected at a time; one always may. */
  readonly most: number;
}

export interface RetrySettings {
  /** How often one request may be sent in all. */
  readonly attempts: number;
  /** Milliseconds: a wait is anything from 0 to `first` × 2ⁿ, at most `longest`. */
  readonly backoff: { readonly first: number; readonly longest: number };
  /** Retries under way may be this many percent of the requests under way; `floor` always may. */
  readonly budget: number;
  readonly floor: number;
  /** Upper-case. Whatever the method, a request that never left may be sent again. */
  readonly methods: readonly string[];
  /** Answers that are asked again, besides those that never came. */
  readonly on: readonly number[];
}

/** Stops asking a target, for one route, that fails. */
export interface CircuitSettings {
  /** Failures in a row. */
  readonly failures: number;
  /** Or so many percent of all in `window` milliseconds, once there were `volume` of them. */
  readonly rate: number;
  readonly window: number;
  readonly volume: number;
  /** Milliseconds until one request tries whether the target is back. */
  readonly reset: number;
}

export interface BulkheadSettings {
  /** Requests under way at a time. */
  readonly concurrent: number;
  /** How many more may wait for a place, and how many milliseconds. */
  readonly queue: number;
  readonly wait: number;
}

/** Watches a split, and takes it back to 0 where the service clearly fails more often than legacy. */
export interface GuardSettings {
  /** Points by which the service's failure rate may be above legacy's. */
  readonly margin: number;
  /** Milliseconds that are looked at. */
  readonly window: number;
  /** Requests of the service's arm below which nothing is judged. */
  readonly minRequests: number;
}

/** Hears of every transition of a rollout. */
export interface WebhookSettings {
  readonly url: string;
  /** Signs what is sent, so that its receiver can tell it from anyone's. */
  readonly secret: string | null;
}
