import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../src/ports.ts';
import { signatureOf } from '../../src/rollout/signature.ts';
import { transitionOf } from '../../src/rollout/transition.ts';
import { webhookBody } from '../../src/rollout/webhook-body.ts';
import { aRollout } from '../rollout/a-rollout.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/webhooks.md'), 'utf8');

const code = (language: string): string => page.split(`\`\`\`${language}\n`)[1]!.split('```')[0]!;

type IsGenuine = (headers: Record<string, string>, body: Buffer, secret: string, now?: number) => boolean;

describe('docs/webhooks.md', () => {
  it('shows a check that lets through what is sent, and nothing that was changed or is old', async () => {
    const { isGenuine } = (await import(`data:text/javascript,${encodeURIComponent(code('js'))}`)) as {
      isGenuine: IsGenuine;
    };
    const now = Date.UTC(2026, 0, 5, 12);
    const timestamp = String(now / 1_000);
    const body = JSON.stringify({ reason: 'häßlich' });
    const headers = {
      'x-strangler-timestamp': timestamp,
      'x-strangler-signature': signatureOf('shh', timestamp, body),
    };
    expect(isGenuine(headers, Buffer.from(body), 'shh', now)).toBe(true);
    expect(isGenuine(headers, Buffer.from(`${body} `), 'shh', now)).toBe(false);
    expect(isGenuine(headers, Buffer.from(body), 'another', now)).toBe(false);
    expect(isGenuine({ ...headers, 'x-strangler-timestamp': '1' }, Buffer.from(body), 'shh', now)).toBe(false);
    expect(isGenuine(headers, Buffer.from(body), 'shh', now + 301_000)).toBe(false);
    expect(isGenuine({}, Buffer.from(body), 'shh', now)).toBe(false);
  });

  it('shows a body with every field that is sent, in their order, and has a row for each', () => {
    const sent = webhookBody(transitionOf(aRollout(), aRollout({ step: 1, version: 2 }))!);
    expect(Object.keys(JSON.parse(code('json')))).toEqual(Object.keys(sent));
    const rows = page.slice(page.indexOf('| field |'), page.indexOf('| event |'));
    for (const field of Object.keys(sent)) expect(rows).toContain(`\`${field}\``);
  });

  it('has a row for every event, and for no other', () => {
    const told = [...page.matchAll(/^\| `(rollout\.[a-z-]+)` \|/gm)].map(([, event]) => event!);
    const all: Record<Extract<DomainEvent, { steps: number }>['type'], true> = {
      'rollout.started': true,
      'rollout.advanced': true,
      'rollout.awaiting-approval': true,
      'rollout.paused': true,
      'rollout.resumed': true,
      'rollout.failed': true,
      'rollout.aborted': true,
      'rollout.completed': true,
    };
    expect(told).toEqual(Object.keys(all));
  });
});
