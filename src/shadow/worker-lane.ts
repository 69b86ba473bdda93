import { type CompiledRules, compileRules } from '../domain/comparing/rules.ts';
import { headerValue } from '../domain/header-lines.ts';
import { buildTable, type RouteTable } from '../domain/match.ts';
import { normalisePath, splitTarget } from '../domain/path.ts';
import { parseReadback, type Readback } from '../domain/readback.ts';
import type { Route } from '../domain/settings.ts';
import type { LaneOrder } from './comparer-messages.ts';
import { Established } from './established.ts';
import type { UnpackedPair } from './packing.ts';

/** One route as the worker holds it ready. What can't be read throws when it is first wanted, and costs that route only. */
export class WorkerLane {
  readonly id: number;
  readonly route: Route;
  readonly established = new Established();
  #rules: CompiledRules | null = null;
  #readback: Readback | null = null;
  #table: RouteTable | null = null;

  constructor({ id, route }: LaneOrder) {
    this.id = id;
    this.route = route;
  }

  get rules(): CompiledRules {
    this.#rules ??= compileRules(this.route.shadow.rules);
    return this.#rules;
  }

  /** Null where writes are not read back. */
  get readback(): Readback | null {
    const { writes } = this.route.shadow;
    if (writes.mode === 'readback') this.#readback ??= parseReadback(writes.get);
    return this.#readback;
  }

  /** What the match bound: name, value, name, value… */
  bound({ method, url, headers }: UnpackedPair): readonly string[] {
    this.#table ??= buildTable([this.route]);
    const { path, query } = splitTarget(url);
    // Without its port, as the matching of requests asks for it.
    const host = headerValue(headers, 'host')?.replace(/:\d*$/, '').toLowerCase() ?? null;
    return this.#table.match(method, host, headers, normalisePath(path), query)?.params ?? [];
  }
}
