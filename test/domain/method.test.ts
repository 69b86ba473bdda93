import { describe, expect, it } from 'vitest';
import { isNeverForwarded, isSafe, mayWrite } from '../../src/domain/method.ts';

describe('a method', () => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY'])('%s is safe and no write', (method) => {
    expect([isSafe(method), mayWrite(method), isNeverForwarded(method)]).toEqual([true, false, false]);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'MKCOL', 'LOCK', 'get', 'BREW'])('%s may write', (method) => {
    expect([isSafe(method), mayWrite(method), isNeverForwarded(method)]).toEqual([false, true, false]);
  });

  it.each(['CONNECT', 'TRACE'])('%s is never forwarded, and so writes nothing', (method) => {
    expect([isSafe(method), mayWrite(method), isNeverForwarded(method)]).toEqual([false, false, true]);
  });
});
