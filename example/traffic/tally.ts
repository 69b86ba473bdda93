import { whole } from '../process/progress.ts';

/** What came of the requests, counted. */
export class Tally {
  readonly #statuses = new Map<number, number>();
  readonly #targets = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #milliseconds: number[] = [];
  readonly #began = performance.now();

  answered(status: number, target: string | undefined, milliseconds: number): void {
    add(this.#statuses, status);
    if (target !== undefined) add(this.#targets, target);
    this.#milliseconds.push(milliseconds);
  }

  failed(why: string): void {
    add(this.#failures, why);
  }

  get done(): number {
    return this.#milliseconds.length + this.failures;
  }

  get failures(): number {
    return [...this.#failures.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Requests a second, so far. */
  get rate(): number {
    return this.done / ((performance.now() - this.#began) / 1000);
  }

  /** In ms; `share` from 0 to 1. */
  quantile(share: number): number {
    const sorted = [...this.#milliseconds].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  }

  summary(): string {
    const counts = [...this.#statuses].sort(([a], [b]) => a - b);
    const targets = [...this.#targets].sort(([, a], [, b]) => b - a);
    const seconds = (performance.now() - this.#began) / 1000;
    return [
      `${whole(this.done)} requests in ${seconds.toFixed(1)} s, ${whole(this.rate)} a second`,
      `statuses     ${counts.map(([status, count]) => `${status}: ${whole(count)}`).join('  ') || 'none'}`,
      ...(targets.length === 0
        ? []
        : [`answered by  ${targets.map(([target, count]) => `${target}: ${whole(count)}`).join('  ')}`]),
      `latency      p50 ${this.quantile(0.5).toFixed(1)} ms  p99 ${this.quantile(0.99).toFixed(1)} ms`,
      `failures     ${[...this.#failures].map(([why, count]) => `${why}: ${whole(count)}`).join('  ') || 'none'}`,
    ].join('\n');
  }
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
