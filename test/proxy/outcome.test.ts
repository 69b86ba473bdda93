import { expect, it } from 'vitest';
import { outcomes } from '../../src/ports.ts';
import { aborted, failed, outcomeOf } from '../../src/proxy/outcome.ts';

it('counts every status that HTTP/1 carries under a class of its own, and nothing under an ending that it was not', () => {
  expect([101, 200, 304, 404, 503].map((status) => outcomes[outcomeOf(status)])).toEqual([
    '1xx',
    '2xx',
    '3xx',
    '4xx',
    '5xx',
  ]);
  expect([600, 888, 999].map((status) => outcomes[outcomeOf(status)])).toEqual(['5xx', '5xx', '5xx']);
  expect([outcomes[aborted], outcomes[failed]]).toEqual(['aborted', 'failed']);
});
