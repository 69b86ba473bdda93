import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAccessLog, createEventLog } from '../../src/events/log.ts';
import { quieten } from '../../src/events/quiet.ts';
import type { DomainEvent } from '../../src/ports.ts';

function written(human: boolean) {
  const lines: string[] = [];
  return { lines, output: { human, stream: { write: (line: string) => void lines.push(line) } } };
}

const failure = (route: string): DomainEvent => ({
  type: 'request.failed',
  code: 'target-reset',
  route,
  target: 'orders',
  detail: 'ECONNRESET',
});

describe('the event log', () => {
  it('writes one JSON object a line, with the sentence and the facts', () => {
    const { lines, output } = written(false);
    createEventLog(output).emit({ type: 'reload.rejected', file: 'routes.yaml', problems: ['a', 'b'] });
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'error',
      event: 'reload.rejected',
      file: 'routes.yaml',
      problems: ['a', 'b'],
      msg: 'routes.yaml is invalid, the last good one stays in force: a; b',
    });
    expect(lines[0]!.endsWith('}\n')).toBe(true);
  });

  it.each([true, false])('lets no control character through (human: %s)', (human) => {
    const { lines, output } = written(human);
    createEventLog(output).emit({ ...failure('r'), detail: 'x\n12:00:00 forged\u001b[2J\u202e' } as DomainEvent);
    expect(lines).toHaveLength(1);
    const shown = human ? lines[0]! : String(JSON.parse(lines[0]!).detail);
    expect(shown.trimEnd()).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(shown).toContain('forged');
  });

  it.each([
    [0, 'routes.yaml applied: 0 routes'],
    [1, 'routes.yaml applied: 1 route'],
    [2, 'routes.yaml applied: 2 routes'],
  ])('counts %i as a person would', (routes, sentence) => {
    const { lines, output } = written(true);
    createEventLog(output).emit({ type: 'reload.applied', file: 'routes.yaml', routes });
    expect(lines[0]!.trimEnd().endsWith(sentence)).toBe(true);
  });

  it('tells a human a shift in one line', () => {
    const { lines, output } = written(true);
    createEventLog(output).emit({
      type: 'route.shifted',
      entry: {
        what: 'percent',
        at: '',
        route: 'order-read',
        from: 1,
        to: 25,
        source: 'shift',
        who: 'ada@ops',
        reason: 'looks fine',
      },
    });
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d {3}order-read 1 % → 25 % \(shift by ada@ops\): looks fine\n$/);
  });
});

describe('the access log', () => {
  const line = {
    method: 'GET',
    path: '/a?token=secret',
    status: 200,
    route: 'r',
    target: 'orders',
    milliseconds: 1.26,
    bytes: 9,
  };

  it('never writes a query', () => {
    for (const human of [true, false]) {
      const { lines, output } = written(human);
      createAccessLog(output)(line);
      expect(lines.join('')).toContain('/a');
      expect(lines.join('')).not.toContain('secret');
    }
  });

  it('tells method, path, status, route, target, time and bytes', () => {
    const { lines, output } = written(false);
    createAccessLog(output)(line);
    const { method, path, status, route, target, ms, bytes } = JSON.parse(lines[0]!);
    expect([method, path, status, route, target, ms, bytes]).toEqual(['GET', '/a', 200, 'r', 'orders', 1.3, 9]);
  });
});

describe('quieten', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function heard() {
    const events: DomainEvent[] = [];
    return { events, sink: quieten({ emit: (event) => void events.push(event) }) };
  }

  it('lets the first failures through, counts the rest and says how many', () => {
    const { events, sink } = heard();
    for (let index = 0; index < 1000; index++) sink.emit(failure('order-read'));
    expect(events).toHaveLength(5);
    vi.advanceTimersByTime(10_000);
    expect(events.slice(5)).toEqual([
      {
        type: 'events.suppressed',
        of: 'request.failed',
        about: 'target-reset on order-read by orders',
        count: 995,
        seconds: 10,
      },
    ]);
  });

  it('begins anew after the window, and keeps silent about what it did not suppress', () => {
    const { events, sink } = heard();
    sink.emit(failure('order-read'));
    vi.advanceTimersByTime(10_000);
    sink.emit(failure('order-read'));
    vi.advanceTimersByTime(10_000);
    expect(events.map((event) => event.type)).toEqual(['request.failed', 'request.failed']);
  });

  it('counts unlike failures apart', () => {
    const { events, sink } = heard();
    for (let index = 0; index < 20; index++) {
      sink.emit(failure('one'));
      sink.emit(failure('two'));
    }
    expect(events).toHaveLength(10);
  });

  it('tells few of the lists that DNS turns round with every answer', () => {
    const { events, sink } = heard();
    for (let second = 0; second < 10; second++) {
      const added = [`http://orders at 10.0.0.${second}`];
      sink.emit({ type: 'discovery.changed', target: 'orders', added, gone: [], instances: 8 });
      sink.emit({ type: 'discovery.failed', target: 'orders', why: `orders could not be resolved (${second})` });
    }
    expect(events).toHaveLength(10);
  });

  it('holds a flood of peers in bounded memory', () => {
    const { events, sink } = heard();
    for (let index = 0; index < 5000; index++) sink.emit({ type: 'forwarding.untrusted', peer: `10.0.${index}` });
    vi.advanceTimersByTime(10_000);
    expect(events.length).toBeLessThan(220);
    expect(events.at(-1)).toMatchObject({ type: 'events.suppressed', count: 5000 - 200 - 5 });
  });

  it('never holds back what traffic cannot cause', () => {
    const { events, sink } = heard();
    for (let index = 0; index < 50; index++) sink.emit({ type: 'state.recovered' });
    expect(events).toHaveLength(50);
  });
});
