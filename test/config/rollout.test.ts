import { describe, expect, it } from 'vitest';
import { problemsOf, withRoutes } from './reading.ts';

/** A read of orders; its keys begin in line 8, in column 5. */
const route = (...keys: string[]) =>
  withRoutes('  - id: a', ...['match: GET /a/:id', 'service: orders', ...keys].map((key) => `    ${key}`));
const rollout = (written: string, ...keys: string[]) => problemsOf(route('percent: 0', ...keys, `rollout: ${written}`));

describe('the rollout of a route', () => {
  it('needs nothing but the percent that it starts from', () => {
    expect(rollout('{}')).toEqual([]);
    expect(problemsOf(route('rollout: {}'))).toEqual([
      '10:5  a route with "rollout" says its percent too: "percent: 0" leaves all callers to legacy until it starts',
    ]);
  });

  it('has nothing to move where legacy is retired', () => {
    expect(problemsOf(route('percent: 100', 'legacy: retired', 'rollout: {}'))).toEqual([
      '12:5  legacy is retired here: its service answers everybody already',
    ]);
  });

  it('asks the gate match only of what is shadowed', () => {
    const written = '{ gates: { match: 99% } }';
    expect(rollout(written)).toEqual([
      '11:32  the gate "match" needs a "shadow" on this route: without one nothing is compared',
    ]);
    expect(rollout(written, 'shadow: 10')).toEqual([]);
    expect(rollout('{ gates: { match: off } }')).toEqual([]);
  });

  it.each([
    ['[0, 5]', '11:24  steps rise: this one has to be above 0, not 0'],
    ['[1, 5, 5, 100]', '11:30  steps rise: this one has to be above the one before it, 5, not 5'],
    ['[50, { percent: 25 }, 100]', '11:28  steps rise: this one has to be above the one before it, 50, not 25'],
    [
      '[1, 50]',
      '11:27  warning: the last step is 50 %: the rollout is complete there, and legacy still answers the others',
    ],
  ])('has steps that rise to 100: %s', (steps, said) => {
    expect(rollout(`{ steps: ${steps} }`)).toEqual([said]);
  });

  it('is warned of gates that two equal arms never pass', () => {
    const never =
      'a service that is as good as legacy can never prove it, and the rollout waits for ever; allow a little:';
    expect(rollout('{ gates: { errors: +0%, p99: 1x } }')).toEqual([
      `11:33  warning: ${never} "+0.5%"`,
      `11:43  warning: ${never} "1.2x"`,
    ]);
    expect(rollout('{ gates: { errors: off, p99: 1.05x } }')).toEqual([]);
  });

  it('asks Prometheus for a value that can be wrong', () => {
    const gate = '{ url: http://prometheus, query: up }';
    const said = 'this query fails at no value: it needs "min", "max" or both';
    expect(rollout(`{ gates: { prometheus: ${gate} } }`)).toEqual([`11:37  ${said}`]);
    expect(rollout(`{ gates: { prometheus: [${gate}] } }`)).toEqual([`11:38  ${said}`]);
    const bounded = (bounds: string) => rollout(`{ gates: { prometheus: { url: http://p, query: up, ${bounds} } } }`);
    expect(bounded('max: 0')).toEqual([]);
    expect(bounded('min: 0')).toEqual([]);
    expect(bounded('min: 2, max: 1')).toEqual(['11:70  no value is at least 2 and at most 1']);
  });

  it('is warned of a guard that is off', () => {
    expect(rollout('{}', 'guard: off')).toEqual([
      '11:12  warning: without the guard a service that fails keeps its callers until the next look at the gates',
    ]);
    expect(problemsOf(route('percent: 0', 'guard: off'))).toEqual([]);
  });
});

it('is warned of a webhook that hears everything twice', () => {
  const twice = `${route('percent: 0')}webhooks: [{ url: http://a/x }, { url: http://b/x }, { url: http://a/x }]\n`;
  expect(problemsOf(twice)).toEqual(['11:61  warning: this webhook is listed twice']);
});
