/** What the proxy answers by itself, before it looks for a route, is counted and gets its access line like any other. */

import type { ErrorCode } from '../domain/errors.ts';
import { errors } from '../domain/errors.ts';
import { outcomes } from '../ports.ts';
import type { ProxyContext } from './context.ts';
import { problem } from './rescue.ts';
import type { Snapshot } from './snapshot.ts';

/** As far as a request was understood when it was answered. */
export interface Asked {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}

/** @param asked `null` for what was no request at all. */
export function accountRefusal(
  context: ProxyContext,
  snapshot: Snapshot,
  code: ErrorCode,
  asked: Asked | null,
  milliseconds: number,
): void {
  context.meter.refused(code);
  const bytes = asked?.method === 'HEAD' ? 0 : problem(code).body.length;
  log(context, snapshot, asked, errors[code].status, milliseconds, bytes);
}

/** `Max-Forwards: 0` asks whoever stands here, and not the target (RFC 9110, 7.6.2). */
export function accountLastHop(context: ProxyContext, snapshot: Snapshot, asked: Asked, milliseconds: number): void {
  const slot = context.meter.slot('-', '-');
  context.meter.started(slot);
  context.meter.finished(slot, outcomes.indexOf('2xx'), milliseconds);
  log(context, snapshot, asked, 200, milliseconds, 0);
}

function log(
  { accessLog }: ProxyContext,
  { settings }: Snapshot,
  asked: Asked | null,
  status: number,
  milliseconds: number,
  bytes: number,
): void {
  if (accessLog === null || !settings.accessLog) return;
  const [path] = (asked?.url ?? '-').split('?', 1);
  accessLog({
    method: asked?.method ?? '-',
    // One that was refused for its length need not be repeated whole.
    path: path!.slice(0, settings.listen.limits.path),
    status,
    route: '-',
    target: '-',
    milliseconds,
    bytes,
  });
}
