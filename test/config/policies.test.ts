import { describe, expect, it } from 'vitest';
import { problemsOf, settingsOf, withRoutes } from './reading.ts';

const withRetry = (methods: string) =>
  [
    'version: 1',
    'legacy: { url: http://127.0.0.1:3000 }',
    'services:',
    '  orders:',
    '    url: http://127.0.0.1:4001',
    `    retry: { methods: ${methods} }`,
    '',
  ].join('\n');

describe('retry.methods', () => {
  it('may name what can be carried out twice', () => {
    expect(problemsOf(withRetry('[GET, PUT, DELETE]'))).toEqual([]);
  });

  it('may not name what can not', () => {
    expect(problemsOf(withRetry('[GET, POST]'))).toEqual([
      '6:23  "POST" is never sent twice: it may have been carried out. What never left is tried again anyway',
    ]);
  });
});

describe('fallthrough', () => {
  const route = (more: string) => withRoutes(`  - { match: /a, service: orders, ${more} }`);

  it('is what the route goes by', () => {
    const [one] = settingsOf(route('fallthrough: [404, 501]')).routes;
    expect(one?.fallthrough).toEqual([404, 501]);
  });

  it('has nobody to fall through to where legacy is retired', () => {
    const [problem] = problemsOf(route('legacy: retired, fallthrough: [404]'));
    expect(problem).toContain('legacy is retired here: there is nobody to fall through to');
  });

  it('is warned about where the same answer is a failure too', () => {
    const [problem] = problemsOf(route('fallthrough: [404, 503], fallback: { on: [503] }'));
    expect(problem).toContain('warning: 503 is in fallback.on too');
    expect(problemsOf(route('fallthrough: [503]'))).toEqual([]);
  });
});
