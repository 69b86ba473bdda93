import { expect, it } from 'vitest';
import { Redactor } from '../../src/shadow/redact.ts';

it('redacts a value that has no closing quote as text', () => {
  const answer = { status: 200, headers: [], body: new Uint8Array(), whole: true, undecoded: null, milliseconds: 1 };
  const control = '"4111 1111 1111 1111 password=hunter2';
  const { mismatches } = new Redactor({ headers: [], paths: [] }).example({
    at: 0,
    arm: 'legacy',
    method: 'GET',
    url: '/',
    bound: [],
    headers: [],
    requestBody: null,
    traceparent: '',
    legacy: answer,
    service: answer,
    mismatches: [{ kind: 'value', path: '$.note', pattern: '$.note', control, candidate: null }],
  });
  expect(mismatches[0]!.legacy).toBe('"‹card 1› password=‹redacted 1›"');
});
