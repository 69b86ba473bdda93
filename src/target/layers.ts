import type { Sweeper } from '../ports.ts';
import type { Bulkhead } from './bulkhead.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { RetryBudget } from './retry-budget.ts';

/** What stands before a target: see `stackOf`, which puts it together. `null`: routes.yaml has it off. */
export interface Layers extends SharedLayers {
  readonly circuit: CircuitBreaker | null;
}

/** Those that all routes of a target share. */
export interface SharedLayers {
  /** ms; 0 is for ever. */
  readonly total: number;
  readonly bulkhead: Bulkhead | null;
  readonly retry: RetryBudget | null;
  readonly reach: CircuitBreaker | null;
  readonly sweep: Sweeper;
}
