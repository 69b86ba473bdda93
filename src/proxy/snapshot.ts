import { createHash, timingSafeEqual } from 'node:crypto';
import type { LiveRoute } from '../domain/live.ts';
import { buildTable, type RouteTable } from '../domain/match.ts';
import { plansFor, type RoutePlans } from '../domain/plan.ts';
import { parseRewrite, type Rewrite } from '../domain/rewrite.ts';
import type { InstanceUrl, Route, Settings, TargetSettings } from '../domain/settings.ts';
import type { Meter, Mirror, MirrorLane, Publisher, PublishLane, StackPort, TargetPort, Transport } from '../ports.ts';
import { Trust } from './caller-socket.ts';

/** Everything that a request reads, made whole and swapped whole: no request ever sees half of a change. */
export interface Snapshot {
  readonly settings: Settings;
  readonly table: RouteTable;
  readonly trust: Trust;
  readonly legacy: TargetPort;
  /** What stands before legacy for what no route takes. */
  readonly unmatchedStack: StackPort;
  /** In the order of `settings.routes`. */
  readonly lanes: readonly Lane[];
  /** The meter's slot for what no route takes. */
  readonly unmatchedSlot: number;
  /** Stripped from every request, whether or not anyone may use it. */
  readonly overrideHeader: string;
}

/** What a matched request needs of its route. */
export interface Lane {
  readonly route: Route;
  readonly service: TargetPort;
  readonly plans: RoutePlans;
  readonly rewrite: Rewrite | null;
  /** `fallback.on`; empty where an answered request is never asked again. */
  readonly fallbackOn: readonly number[];
  readonly serviceStack: StackPort;
  readonly legacyStack: StackPort;
  readonly serviceSlot: number;
  readonly legacySlot: number;
  /** The meter's places of the two arms; -1 where nobody asks what they do. */
  readonly serviceArm: number;
  readonly legacyArm: number;
  /** `null`: none of the route's requests is shadowed. */
  readonly mirror: MirrorLane | null;
  /** `null`: the route publishes nothing. */
  readonly publish: PublishLane | null;
}

/** The parts of a snapshot that live percents don't touch: a shift need not build a table of thousands anew. */
export type Frame = Omit<Snapshot, 'lanes'> & { readonly services: ReadonlyMap<string, TargetPort> };

export function frameOf(settings: Settings, transport: Transport, meter: Meter): Frame {
  const targets = transport.apply([settings.legacy, ...settings.services]);
  const services = new Map([...targets, ...transport.compose(settings.routes)]);
  const legacy = services.get(settings.legacy.name)!;
  return {
    settings,
    services,
    table: buildTable(settings.routes),
    trust: new Trust(settings.listen.trust),
    legacy,
    unmatchedStack: legacy.stack(null),
    unmatchedSlot: meter.slot('-', settings.legacy.name),
    overrideHeader: settings.override?.header ?? 'x-strangler-target',
  };
}

export function snapshotOf(
  frame: Frame,
  live: readonly LiveRoute[],
  meter: Meter,
  mirror: Mirror | null,
  publisher: Publisher | null,
): Snapshot {
  const rows = new Map(live.map((row) => [row.route, row]));
  const lanes = frame.settings.routes.map((route): Lane => {
    const plans = plansFor(route, rows.get(route.id) ?? null);
    // At 100 everybody is in the service's arm: that is what the last step of a rollout is judged by.
    const measured = plans.split || (route.rollout !== null && plans.below.reason === 'percent-100');
    return {
      route,
      service: frame.services.get(route.service)!,
      serviceStack: frame.services.get(route.service)!.stack(route),
      legacyStack: frame.legacy.stack(route),
      plans,
      rewrite: route.rewrite === null ? null : parseRewrite(route.rewrite),
      fallbackOn: route.fallback?.on ?? [],
      serviceSlot: meter.slot(route.id, route.service),
      legacySlot: meter.slot(route.id, frame.settings.legacy.name),
      serviceArm: measured ? meter.arm(route.id, 'service') : -1,
      legacyArm: measured ? meter.arm(route.id, 'legacy') : -1,
      mirror: mirror?.lane(route, rows.get(route.id) ?? null) ?? null,
      publish: publisher?.lane(route) ?? null,
    };
  });
  return Object.freeze({ ...frame, lanes });
}

/** Compares digests, so that neither the time nor a differing length tells anything of the secret. */
export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'latin1').digest();
}

/** What a request for this instance is shaped by; made once an instance and asked for once a request. */
export function receiverOf(url: InstanceUrl, target: TargetPort, pseudonym: string): Receiver {
  let receiver = receivers.get(url);
  // An instance outlives a reload that changes what else is said of its target.
  if (receiver?.settings !== target.settings) {
    receiver = {
      settings: target.settings,
      host: target.settings.host === 'target' ? url.authority : null,
      authority: url.authority,
      basePath: url.basePath,
      via: target.settings.via ? pseudonym : null,
    };
    receivers.set(url, receiver);
  }
  return receiver;
}

const receivers = new WeakMap<InstanceUrl, Receiver>();

/** Everything about the receiving side that shapes a request's head. */
export interface Receiver {
  /** What it was made by. */
  readonly settings: TargetSettings;
  /** The Host of `host: target`; `null` keeps the caller's. */
  readonly host: string | null;
  /** Used where the caller sent no Host at all (HTTP/1.0). */
  readonly authority: string;
  readonly basePath: string;
  /** Our pseudonym in Via; `null` adds none. */
  readonly via: string | null;
}
