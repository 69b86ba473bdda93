/** Why the policies are our own: see docs/adr/0012-own-policies.md. What this pins down is cockatiel's way, beside ours. */
import {
  BulkheadPolicy,
  BulkheadRejectedError,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
  TaskCancelledError,
} from 'cockatiel';
import { describe, expect, it } from 'vitest';
import { admits, closedCircuit, entered, judged } from '../../src/domain/circuit.ts';
import { Bulkhead } from '../../src/target/bulkhead.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const fail = () => Promise.reject(new Error('it failed'));
const never = () => new Promise<string>(() => {});

/** What has become of a promise by the end of this turn of the event loop. */
async function standing(promise: Promise<unknown>): Promise<string> {
  const outcome = promise.then(String, (error: Error) => error.name);
  return Promise.race([outcome, turn().then(() => 'pending')]);
}

const settings = { failures: 2, rate: 100, window: 10_000, volume: 1_000, reset: 0 };

describe('while the probe of a circuit is out', () => {
  it('cockatiel lets everyone else wait for it, for as long as it hangs', async () => {
    const policy = circuitBreaker(handleAll, { halfOpenAfter: 0, breaker: new ConsecutiveBreaker(2) });
    for (let i = 0; i < 2; i++) await policy.execute(fail).catch(() => undefined);
    void policy.execute(never);
    let asked = 0;

    const others = Array.from({ length: 50 }, () => policy.execute(async () => String(++asked)));
    for (let i = 0; i < 20; i++) await turn();

    expect(await Promise.all(others.map(standing))).toEqual(Array(50).fill('pending'));
    expect(asked).toBe(0);
  });

  it('ours refuses them at once', () => {
    const bad = (circuit: ReturnType<typeof closedCircuit>) => judged(circuit, circuit.era, 'bad', settings, 0);
    const probing = entered(bad(bad(closedCircuit())), 60_000);

    expect(admits(probing, 59_999)).toBe(false);
  });
});

describe('a probe that nobody waits for any more', () => {
  it('holds its place at cockatiel until its promise settles, though its caller has left', async () => {
    const policy = circuitBreaker(handleAll, { halfOpenAfter: 0, breaker: new ConsecutiveBreaker(1) });
    await policy.execute(fail).catch(() => undefined);
    const caller = new AbortController();
    void policy.execute(never, caller.signal);

    caller.abort();
    for (let i = 0; i < 20; i++) await turn();

    expect(await standing(policy.execute(async () => 'answered'))).toBe('pending');
  });

  it('leaves ours to the next request', () => {
    const probing = entered(judged(closedCircuit(), 0, 'bad', { ...settings, failures: 1 }, 0), 60_000);

    expect(admits(judged(probing, probing.era, 'none', settings, 0), 0)).toBe(true);
  });
});

describe('a request that began before the circuit opened, and fails after it has closed again', () => {
  it('opens cockatiel’s once more', async () => {
    const policy = circuitBreaker(handleAll, { halfOpenAfter: 0, breaker: new ConsecutiveBreaker(1) });
    let failNow = (_error: Error) => {};
    const early = policy.execute(() => new Promise((_resolve, reject) => (failNow = reject))).catch(() => undefined);
    await policy.execute(fail).catch(() => undefined);
    await policy.execute(async () => 'well');
    const states: number[] = [];
    policy.onStateChange((state) => states.push(state));

    failNow(new Error('late'));
    await early;

    expect(states).not.toEqual([]);
  });

  it('says nothing to ours', () => {
    const one = { ...settings, failures: 1 };
    const early = closedCircuit();
    const probing = entered(judged(early, early.era, 'bad', one, 0), 60_000);
    const closed = judged(probing, probing.era, 'good', one, 0);

    expect(judged(closed, early.era, 'bad', one, 0)).toBe(closed);
  });
});

describe('who waits for a place', () => {
  it('keeps its part of cockatiel’s queue when it leaves, and is not told before a place comes free', async () => {
    const policy = new BulkheadPolicy(1, 1);
    let done = () => {};
    const first = policy.execute(() => new Promise<void>((resolve) => (done = resolve)));
    const caller = new AbortController();
    const queued = policy.execute(async () => 'asked', caller.signal);
    caller.abort();

    expect(await standing(queued)).toBe('pending');
    await expect(policy.execute(async () => 'asked')).rejects.toThrow(BulkheadRejectedError);

    done();
    await first;
    await expect(queued).rejects.toThrow(TaskCancelledError);
  });

  it('leaves our queue when it leaves', () => {
    const bulkhead = new Bulkhead({ concurrent: 1, queue: 1, wait: 1_000 });
    const [first, queued, next] = Array.from({ length: 3 }, () => ({ onPlace: () => {} }));
    bulkhead.enter(first!);
    bulkhead.enter(queued!);
    bulkhead.quit(queued!);

    expect(bulkhead.enter(next!)).toBe('waits');
  });
});

describe('an answer that has begun', () => {
  it('is nothing that cockatiel can judge before all of it has ended, or hold a place for once it was judged', async () => {
    const breaker = circuitBreaker(handleAll, { halfOpenAfter: 0, breaker: new ConsecutiveBreaker(1) });
    await breaker.execute(fail).catch(() => undefined);
    // One promise can settle at the head, and then the place is free, or at the end, and then the circuit waits for it.
    const bulkhead = new BulkheadPolicy(1, 0);
    let endBody = () => {};
    const body = new Promise<string>((resolve) => (endBody = () => resolve('body')));
    const streaming = bulkhead.execute(() => breaker.execute(() => body));

    expect(await standing(breaker.execute(async () => 'answered'))).toBe('pending');

    endBody();
    expect(await streaming).toBe('body');
  });
});
