import { bucketOf, keyFrom, OWN_COOKIE, ownCookie } from './caller.ts';
import type { PartSettings } from './compose/part.ts';
import { type PartSource, PartTarget } from './compose/part-target.ts';
import { copyOf } from './copies.ts';
import { headerValue } from './header-lines.ts';
import type { LiveRoute } from './live.ts';
import { buildTable, type Matched } from './match.ts';
import { isNeverForwarded, isSafe } from './method.ts';
import { describeMatch, type NearMiss, nearestRoute } from './nearest.ts';
import { normalisePath, splitTarget } from './path.ts';
import {
  livePercent,
  liveShadow,
  overrideOf,
  type Plan,
  planFor,
  plansFor,
  type Reason,
  type Stage,
  stageOf,
  unmatchedPlan,
} from './plan.ts';
import { Probe } from './probe.ts';
import { isPublished, type PublishSettings } from './publishing/settings.ts';
import { sourceText } from './publishing/source.ts';
import { statusTestText } from './publishing/status-test.ts';
import { parseRewrite, rewriteTarget } from './rewrite.ts';
import { goesOn } from './rollout/position.ts';
import type { RolloutStatus } from './rollout/status.ts';
import type { KeySource, Route, Settings } from './settings.ts';
import { whyOf, whyRefused, whyUnmatched } from './why.ts';
import { asWireText } from './wire-text.ts';

/** A request that nobody has to send. */
export interface Question {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Where the request would come from; only `caller: [ip]` asks for it. */
  readonly clientIp?: string;
}

/** What would become of it, and why. */
export interface Explanation {
  readonly method: string;
  readonly host: string | null;
  /** As routes are matched on. */
  readonly path: string;
  /** `null`: no route; legacy answers, or the proxy itself. */
  readonly route: ExplainedRoute | null;
  /** `null` where no caller is asked for, as no route matched. */
  readonly caller: ExplainedCaller | null;
  /** `null`: the proxy refuses such a request, and asks nobody. */
  readonly plan: ExplainedPlan | null;
  /** One sentence. */
  readonly why: string;
  /** For a request that no route takes: which one came closest. */
  readonly nearest: NearMiss | null;
}

interface ExplainedRoute {
  readonly id: string;
  readonly line: number;
  /** The match that held, of a route's several. */
  readonly match: string;
  readonly params: Readonly<Record<string, string>>;
  readonly service: string;
  readonly stage: Stage;
  readonly declared: number;
  readonly live: number;
  readonly latched: boolean;
  /** The one under way that moves it; `null` where none does. */
  readonly rollout: ExplainedRollout | null;
  /** `null` where no request of the route is shadowed. */
  readonly shadow: ExplainedShadow | null;
  /** The events that an answer to this one may become. */
  readonly publishes: readonly ExplainedEvent[];
}

/** Where it stands, as `rollout status` says it. */
type ExplainedRollout = Pick<RolloutStatus, 'name' | 'phase' | 'step' | 'steps' | 'percent'>;

interface ExplainedShadow {
  /** The live share of requests that are shadowed. */
  readonly percent: number;
  /** Who would get a copy of this one, if it is among them; `null`: nobody. */
  readonly to: string | null;
  /** The same in words. */
  readonly says: string;
}

/** As routes.yaml would say it. */
interface ExplainedEvent {
  readonly type: string;
  readonly when: string;
  readonly key: string;
  readonly mode: PublishSettings['mode'];
}

interface ExplainedCaller {
  /** `header:x-user-id`, `cookie:…`, `query:…` or `ip`; `null` when nothing identifies the caller. */
  readonly source: string | null;
  readonly group: string;
  readonly bucket: number | null;
  /** The service answers the buckets below. */
  readonly threshold: number;
}

interface ExplainedPlan {
  /** `legacy`, or the service's name. */
  readonly primary: string;
  /** The request target that the primary would see. */
  readonly sends: string;
  /** What would be asked for instead, where the primary's answer is composed; `null` for any other. */
  readonly parts: readonly ExplainedPart[] | null;
  /**
   * When legacy would be asked instead of the service: when that fails in any way, or only when no connection to it
   * can be made, as what is not safe to repeat is sent once.
   */
  readonly fallback: 'none' | 'on-failure' | 'unless-connected';
  /** The answers of the service that legacy would be asked instead of; `null` but for `on-failure`. */
  readonly fallbackOn: readonly number[] | null;
  readonly setsCookie: boolean;
  readonly reason: Reason;
}

interface ExplainedPart extends Pick<PartSettings, 'name' | 'service' | 'required'> {
  /** The request target that its service would see; `null` where it would be too long. */
  readonly sends: string | null;
}

/** Walks the same way as a request, with the same parts, and sends nothing. */
export function explain(
  settings: Settings,
  { live, rollouts }: { readonly live: readonly LiveRoute[]; readonly rollouts: readonly RolloutStatus[] },
  question: Question,
): Explanation {
  const { method } = question;
  const headers = question.headers.flatMap(([name, value]) => [asWireText(name), asWireText(value)]);
  const asked = asWireText(question.target);
  const { path: rawPath, query } = splitTarget(asked);
  const target = query === null ? rawPath : `${rawPath}?${query}`;
  const path = normalisePath(rawPath);
  const host = authorityOf(asked) ?? headerValue(headers, 'host');
  if (isNeverForwarded(method)) {
    return { method, host, path, route: null, caller: null, plan: null, why: whyRefused(method), nearest: null };
  }

  const matched = buildTable(settings.routes).match(method, host, headers, path, query);
  if (matched === null) {
    return {
      method,
      host,
      path,
      route: null,
      caller: null,
      plan: explainedPlan(method, unmatchedPlan, null, { sends: target, parts: null }),
      why: whyUnmatched,
      nearest: nearestRoute(settings.routes, new Probe(method, host, headers, path, query)),
    };
  }

  const { route } = matched;
  const row = live.find((each) => each.route === route.id) ?? null;
  const plans = plansFor(route, row);
  const key = firstKey(settings.caller, headers, query, question.clientIp ?? '');
  const bucket = key === null ? null : bucketOf(route.group, key.value);
  const override = overrideOf(settings.override, headers, route.service, (given, expected) => given === expected);
  const plan = planFor(plans, bucket ?? -1, override);
  const percent = livePercent(route, row);
  const sends =
    plan.primary === 'service' && route.rewrite !== null
      ? rewriteTarget(parseRewrite(route.rewrite), matched.params, query)
      : target;
  return {
    method,
    host,
    path,
    route: {
      ...explainedRoute(matched),
      stage: stageOf(percent, route.retired, liveShadow(route, row)),
      declared: route.percent,
      live: percent,
      latched: row?.latched ?? false,
      rollout: explainedRollout(route, rollouts),
      shadow: explainedShadow(route, liveShadow(route, row), method, headers, plan.primary),
      publishes: explainedEvents(route, method),
    },
    caller: { source: key?.source ?? null, group: route.group, bucket, threshold: plans.threshold },
    plan: explainedPlan(method, plan, route, {
      sends,
      parts:
        plan.primary === 'service'
          ? explainedParts(route, { params: matched.params, url: target, rawHeaders: headers })
          : null,
    }),
    why: whyOf(plan, route, percent, bucket),
    nearest: null,
  };
}

function explainedRoute({ route, matchIndex, params }: Matched) {
  const names: [string, string][] = [];
  for (let i = 0; params !== null && i < params.length; i += 2) names.push([params[i]!, params[i + 1]!]);
  return {
    id: route.id,
    line: route.line,
    match: describeMatch(route.matches[matchIndex]!),
    params: Object.fromEntries(names),
    service: route.service,
  };
}

function explainedRollout({ id }: Route, rollouts: readonly RolloutStatus[]): ExplainedRollout | null {
  const moving = rollouts.find(({ phase, routes }) => goesOn(phase) && routes.includes(id));
  if (moving === undefined) return null;
  const { name, phase, step, steps, percent } = moving;
  return { name, phase, step, steps, percent };
}

function explainedShadow(
  route: Route,
  percent: number,
  method: string,
  headers: readonly string[],
  primary: Plan['primary'],
): ExplainedShadow | null {
  if (percent === 0) return null;
  if (headerValue(headers, 'x-strangler-shadow') !== null) {
    return { percent, to: null, says: 'no copy: this is one itself, by its x-strangler-shadow' };
  }
  return { percent, ...copyOf(route, method, primary) };
}

function explainedEvents({ publish }: Route, method: string): readonly ExplainedEvent[] {
  return publish
    .filter((each) => isPublished(each, method))
    .map(({ type, when, key, mode }) => ({ type, when: statusTestText(when), key: sourceText(key), mode }));
}

function explainedParts({ compose }: Route, source: PartSource): readonly ExplainedPart[] | null {
  if (compose === null) return null;
  return compose.map((part) => {
    const { name, service, required } = part;
    return { name, service, required, sends: new PartTarget(part).of(source) };
  });
}

function explainedPlan(
  method: string,
  plan: Plan,
  route: Route | null,
  { sends, parts }: Pick<ExplainedPlan, 'sends' | 'parts'>,
): ExplainedPlan {
  const { primary, setsCookie, reason } = plan;
  const fallback = !plan.fallback ? 'none' : isSafe(method) ? 'on-failure' : 'unless-connected';
  return {
    primary: primary === 'service' && route !== null ? route.service : 'legacy',
    sends,
    parts,
    fallback,
    fallbackOn: fallback === 'on-failure' ? (route?.fallback?.on ?? null) : null,
    setsCookie,
    reason,
  };
}

function firstKey(sources: readonly KeySource[], headers: readonly string[], query: string | null, clientIp: string) {
  for (const source of sources) {
    const value = keyFrom(source, headers, query, clientIp);
    if (value !== null) return { value, source: source.from === 'ip' ? 'ip' : `${source.from}:${source.name}` };
  }
  const own = ownCookie(headers);
  return own === null ? null : { value: own, source: `cookie:${OWN_COOKIE}` };
}

/** Absolute-form names the host itself and overrules the Host line (RFC 9112, 3.2.2). */
function authorityOf(target: string): string | null {
  return /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(target)?.[1] ?? null;
}
