/** The seams: everything that touches time, disk or the network comes in through one of these. */

import type { Verdict } from './domain/circuit.ts';
import type { CircuitStanding } from './domain/circuit-standing.ts';
import type { CloudEvent } from './domain/cloud-event.ts';
import type { ErrorCode } from './domain/errors.ts';
import type { Arm, EvidenceBatch, Judgement, RouteEvidence } from './domain/evidence.ts';
import type { FallbackCause } from './domain/fallback.ts';
import type { HeaderLines } from './domain/header-lines.ts';
import type { Change, HistoryEntry, LiveRoute, Outcome } from './domain/live.ts';
import type {
  Answered,
  Intent,
  OutboxStanding,
  Settled,
  Settlement,
  SettleOutcome,
  Uncertain,
} from './domain/publishing/intent.ts';
import type { ChapterEvidence } from './domain/rollout/arm-counts.ts';
import type { Rollout } from './domain/rollout/model.ts';
import type { InstanceUrl, Route, Settings, TargetSettings } from './domain/settings.ts';
import type { EvidenceSettings } from './domain/shadow.ts';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** What lives outside routes.yaml: the live percents, the rollouts and the history of how they came about. */
export interface State {
  /** Every row. Never called on a request's path. */
  read(): Promise<readonly LiveRoute[]>;
  /** Those under way, and the last ended one of each name. */
  rollouts(): Promise<readonly Rollout[]>;
  /**
   * Makes one change, whole and durable before it resolves, in the order in which changes arrive.
   * A refused route is in the outcome, not an exception; the state being unreachable is an exception.
   */
  change(change: Change): Promise<Outcome>;
  /** Newest first. */
  history(query: HistoryQuery): Promise<readonly HistoryEntry[]>;
  /**
   * Calls back with every row and rollout, soon after anyone — this process or another — has changed one, in under a
   * second. Where only rollouts changed, `live` is the same object as the last time. `onTrouble` hears an error when the state can't be reached or written (once, and at once if that is
   * so already), and `null` when it can again. Returns the way to stop.
   */
  watch(listener: ContentsListener, onTrouble?: (error: Error | null) => void): () => void;
  close(): Promise<void>;
}

export type ContentsListener = (live: readonly LiveRoute[], rollouts: readonly Rollout[]) => void;

/** What shadowing has shown, kept apart from control: that it is full or locked costs evidence and nothing else. */
export interface Evidence {
  /** Adds a batch; rejects when it can't be kept. */
  record(batch: EvidenceBatch): Promise<void>;
  read(query: EvidenceQuery): Promise<readonly RouteEvidence[]>;
  /** What the arms did in chapters, of every route in them of which anything was recorded. */
  arms(query: ArmsQuery): Promise<readonly ChapterEvidence[]>;
  /** Decides about clusters, `null` takes a decision back. Returns the ids that it knows. */
  judge(ids: readonly string[], judgement: Judgement | null): Promise<readonly string[]>;
  /** Forgets counts and clusters of these routes, not what was decided about clusters. Returns the routes that had any. */
  reset(routes: readonly string[] | null): Promise<readonly string[]>;
  /** New bounds; what lies outside of them is forgotten soon after. */
  limit(settings: EvidenceSettings): void;
  close(): Promise<void>;
}

export interface EvidenceQuery {
  /** All routes when absent. */
  readonly routes?: readonly string[];
  /** ms since the epoch: only windows that ended after it, and clusters seen after it. */
  readonly since?: number;
  /** Fingerprints of before a change too; else only each route's newest. */
  readonly past?: boolean;
  /** Leaves the examples out, which are most of it. */
  readonly withoutExamples?: boolean;
}

/** Chapters by their names, or all whose names begin like this. */
export type ArmsQuery = { readonly chapters: readonly string[] } | { readonly beginning: string };

export interface HistoryQuery {
  readonly route?: string;
  /** ms since the epoch. */
  readonly since?: number;
  readonly limit: number;
}

/** What became of a rollout. */
export type TransitionWord =
  | 'started'
  | 'advanced'
  | 'awaiting-approval'
  | 'paused'
  | 'resumed'
  | 'failed'
  | 'aborted'
  | 'completed';

/** Something worth knowing happened; the log, and later the stream, hear of it. */
export interface EventSink {
  emit(event: DomainEvent): void;
}

export type DomainEvent =
  | { readonly type: 'proxy.started'; readonly url: string; readonly admin: string }
  | { readonly type: 'proxy.draining'; readonly inFlight: number }
  | { readonly type: 'proxy.stopped' }
  | { readonly type: 'reload.applied'; readonly file: string; readonly routes: number }
  | { readonly type: 'reload.rejected'; readonly file: string; readonly problems: readonly string[] }
  | { readonly type: 'reload.warned'; readonly file: string; readonly warnings: readonly string[] }
  /** Requests are refused: too many are under way, or the event loop is too late. Told once for each time. */
  | { readonly type: 'overload.began'; readonly by: 'requests' | 'lag'; readonly requests: number }
  | { readonly type: 'overload.ended'; readonly refused: number }
  | { readonly type: 'restart.needed'; readonly settings: readonly string[] }
  | { readonly type: 'worker.exited'; readonly pid: number; readonly how: string; readonly restartIn: number }
  | { readonly type: 'route.shifted'; readonly entry: HistoryEntry }
  | { readonly type: 'state.unavailable'; readonly error: string }
  | { readonly type: 'state.recovered' }
  | { readonly type: 'rollback.held'; readonly routes: readonly string[] | null; readonly who: string }
  | { readonly type: 'state.conflict'; readonly route: string; readonly message: string }
  | { readonly type: 'shadow.stopped'; readonly route: string; readonly reason: string }
  | { readonly type: 'compare.failed'; readonly route: string; readonly rule: string; readonly error: string }
  | { readonly type: 'comparer.restarted'; readonly reason: string; readonly lost: number }
  | { readonly type: 'evidence.lost'; readonly batches: number; readonly error: string }
  | { readonly type: 'evidence.recovered' }
  | { readonly type: 'forwarding.untrusted'; readonly peer: string }
  | { readonly type: 'target.misbehaved'; readonly target: string; readonly instance: string; readonly what: string }
  /** `route` is `*` where the target can't be reached at all, whatever the route. */
  | { readonly type: 'circuit.opened'; readonly target: string; readonly route: string; readonly why: string }
  | { readonly type: 'circuit.closed'; readonly target: string; readonly route: string }
  | {
      readonly type: 'answer.replaced';
      readonly route: string;
      readonly target: string;
      readonly status: number;
      readonly cause: FallbackCause;
    }
  | { readonly type: 'instance.unhealthy'; readonly target: string; readonly instance: string; readonly why: string }
  | { readonly type: 'instance.healthy'; readonly target: string; readonly instance: string }
  | {
      readonly type: 'instance.ejected';
      readonly target: string;
      readonly instance: string;
      readonly failures: number;
      /** For how long, in ms. */
      readonly time: number;
    }
  | { readonly type: 'instance.returned'; readonly target: string; readonly instance: string }
  | {
      readonly type: 'discovery.changed';
      readonly target: string;
      readonly added: readonly string[];
      readonly gone: readonly string[];
      /** How many there are now. */
      readonly instances: number;
    }
  | { readonly type: 'discovery.failed'; readonly target: string; readonly why: string }
  | {
      readonly type: `rollout.${TransitionWord}`;
      readonly rollout: string;
      readonly routes: readonly string[];
      /** 1-based. */
      readonly step: number;
      readonly steps: number;
      readonly percent: number;
      readonly reason: string | null;
    }
  | { readonly type: 'guard.tripped'; readonly route: string; readonly reason: string }
  /** More events are kept than may be: this group will never get so many of them. */
  | { readonly type: 'events.lost'; readonly group: string; readonly events: number }
  | { readonly type: 'webhook.lost'; readonly receiver: string; readonly error: string }
  | { readonly type: 'gate.unreachable'; readonly at: string; readonly query: string; readonly error: string }
  | {
      readonly type: 'request.failed';
      readonly code: string;
      readonly route: string;
      readonly target: string;
      readonly detail: string;
    }
  /** A part of a composed answer, whether or not its caller was answered without it. */
  | {
      readonly type: 'part.failed';
      readonly route: string;
      readonly part: string;
      readonly target: string;
      readonly code: string;
      readonly detail: string;
    }
  /** Nothing that routes publish can be written down. */
  | { readonly type: 'outbox.unavailable'; readonly error: string }
  | { readonly type: 'outbox.recovered' }
  | { readonly type: 'event.lost'; readonly route: string; readonly event: string; readonly error: string }
  | { readonly type: 'event.uncertain'; readonly route: string; readonly event: string; readonly reason: string }
  /** The bus does not take what is in the outbox. */
  | { readonly type: 'events.stuck'; readonly pending: number; readonly error: string }
  | { readonly type: 'events.recovered' }
  | {
      readonly type: 'events.suppressed';
      readonly of: string;
      readonly about: string;
      readonly count: number;
      readonly seconds: number;
    };

/** One finished request, as the access log tells it: no query, no header, nothing of a body. */
export interface AccessLine {
  readonly method: string;
  /** As the caller sent it, up to the `?`. */
  readonly path: string;
  /** 0 when the caller left before a status was sent. */
  readonly status: number;
  /** `-` when no route matched. */
  readonly route: string;
  readonly target: string;
  readonly milliseconds: number;
  /** Body bytes sent to the caller. */
  readonly bytes: number;
}

/** Called once a finished request, and only while `accessLog` is set. */
export type AccessLog = (line: AccessLine) => void;

/** How a request ended, as the metrics count it; `failed` is an error of the proxy's own table. */
export const outcomes = ['1xx', '2xx', '3xx', '4xx', '5xx', 'aborted', 'failed'] as const;

/** Counts on the hot path: plain numbers in a typed array, turned into Prometheus text only when asked. */
export interface Meter {
  /** The place of a pair; asked for when a snapshot is built, never on a request's path. `-` is "no route". */
  slot(route: string, target: string): number;
  started(slot: number): void;
  /** `outcome` is an index into {@link outcomes}. */
  finished(slot: number, outcome: number, milliseconds: number): void;
  /** Legacy is asked in the place of a service. */
  fellBack(slot: number, cause: FallbackCause): void;
  /** The same target is asked once more. */
  retried(slot: number): void;
  /** The place of one arm of a route, by assignment; asked for like {@link slot}. */
  arm(route: string, arm: Arm): number;
  /** One request whose caller's bucket chose this arm: the caller got the head of an answer, so long after its begin. */
  assigned(place: number, milliseconds: number): void;
  /** One of those was failed by the target of its arm, whoever answered then. */
  armFailed(place: number): void;
  /** A request that the proxy answered by itself before it looked for a route. */
  refused(code: ErrorCode): void;
}

/** Something with a deadline, counted by a coarse timer that all share. */
export interface Sweepable {
  /** The tick at which `expire` is due; 0 is never. */
  deadline: number;
  /** Where this stands in the sweep's list; -1 when it doesn't. */
  sweepIndex: number;
  expire(): void;
}

export interface Sweeper {
  /** The tick that lies at least `milliseconds` ahead; 0 for a timeout that is off. */
  after(milliseconds: number): number;
  add(member: Sweepable): void;
  remove(member: Sweepable): void;
}

/** The targets, as the way of a request uses them. */
export interface Transport {
  readonly sweep: Sweeper;
  /** The targets of new settings, by name; those that did not change keep their connections. */
  apply(all: readonly TargetSettings[]): ReadonlyMap<string, TargetPort>;
  /**
   * The targets of those routes that are composed, by the route's id. Their parts go to the targets applied last: it is
   * called after `apply`, each time.
   */
  compose(routes: readonly Route[]): ReadonlyMap<string, TargetPort>;
  /** Sockets held to all targets, in use or idle. */
  readonly connections: number;
  /** Every circuit that was opened since the start, as it stands now. */
  circuits(): readonly CircuitStanding[];
  destroy(): void;
}

export interface TargetPort {
  readonly name: string;
  readonly settings: TargetSettings;
  readonly instances: number;
  /** The instance whose turn it is; not `after`, which has just failed the request, as long as there is another one. */
  pick(after?: InstancePort): InstancePort;
  /** What a route's requests meet on their way to it; `null` are those that no route takes. Asked for when a snapshot is built. */
  stack(route: Pick<Route, 'id' | 'fingerprint'> | null): StackPort;
}

/** What stands before a target for the requests of one route. */
export interface StackPort {
  /** One request's turn, not begun yet; `null` where nothing is in its way. */
  turn(owner: TurnOwner): TurnPort | null;
}

/** One request's dealings with one target: its place there, and its tries. It ends with `end`, which may be called again. */
export interface TurnPort {
  /** Whether the request may be sent at once; else `onTurn` or `onDenied` follows, the latter perhaps before this returns. */
  enter(): boolean;
  /** The present try has a connection. */
  reached(): void;
  /**
   * What the present try came to, by the target's doing. The first word of each try counts, but for `good`: until the end
   * that means that the answer's head was, and the rest may still break off.
   */
  judge(verdict: Verdict): void;
  /** Whether the present try may be made again at once, since its failure was nobody's fault. */
  resend(): boolean;
  /** Whether there may be another try, and soon enough: `onTurn` or `onDenied` follows. `after`: ms that the target asks for, or `null`. */
  retry(after: number | null): boolean;
  /** The answer's head has come, and is the one that the caller gets. */
  answered(): void;
  end(): void;
}

export interface TurnOwner {
  /** The request is to be sent now. */
  onTurn(): void;
  /** It is not to be sent. `retryAfter`: ms; 0 where nobody knows. */
  onDenied(code: ErrorCode, detail: string, retryAfter: number): void;
  /** It is not to be waited for any longer. */
  onOverdue(): void;
}

/** Finds the instances of one target, wherever they are written down. */
export interface InstanceDiscovery {
  /** Tells at once what is known at once, and again whenever there is news. Returns the way to stop. */
  watch(tell: (found: FoundInstances) => void): () => void;
}

export interface FoundInstances {
  /** All of them, in an order that stays the same while they do. */
  readonly urls: readonly InstanceUrl[];
  /** Why these are, in part or in whole, only what was known last; `null` when they are what is true now. */
  readonly trouble: string | null;
}

export interface InstancePort {
  readonly url: InstanceUrl;
  /**
   * A connection for one exchange. When it is not `ready` yet, `answer.onConnect` follows.
   * `fresh`: never one that was used before.
   */
  open(answer: Answer, fresh?: boolean): TargetConnection;
}

/** One exchange's hold on a connection; void once the answer has ended. */
export interface TargetConnection {
  readonly ready: boolean;
  /** True from the second exchange on: a failure may only mean that the target had closed it meanwhile. */
  readonly reused: boolean;
  /** True as soon as any byte of the response has been read. */
  readonly responseBegan: boolean;
  /**
   * Writes the request head (latin1 text, with its empty line). `done`: no body follows. `answerDue`: the target is
   * to answer now, be it only with the 100 that the body waits for.
   */
  send(method: string, head: string, done: boolean, upgrading: boolean, answerDue?: boolean): void;
  /** Holds writes back until `uncork`, so that what belongs together leaves together. */
  cork(): void;
  uncork(): void;
  /** False: the target reads slower than this is written; wait for onDrain. */
  write(data: Buffer | string): boolean;
  /** The request has been written whole. */
  endRequest(): void;
  /** Stops reading, and the clock: whoever takes the response is slower than the target. */
  pause(): void;
  resume(): void;
  /** Ends our side of a tunnel after what was written. */
  endTunnel(): void;
  /** Holds the exchange against the instance for what the connection itself can't judge: an answer, or a wait too long. */
  blame(): void;
  /** Gives the exchange up; nothing more is told to its answer. */
  abandon(): void;
  /** The same once a head has come: where little is left of the answer, the connection is kept for another exchange. */
  ignore(): void;
}

/**
 * Copies of requests for the target that does not answer them. Everything here returns at once and never throws:
 * whatever becomes of a shadow, its request does not hear of it.
 */
export interface Mirror {
  /** Takes up new settings; it has connections of its own to the same targets. The proxy calls it, and `destroy`. */
  apply(settings: Settings): void;
  /** What a route's requests are shadowed by; `null` while none of them is. Asked for when a snapshot is built. */
  lane(route: Route, live: LiveRoute | null): MirrorLane | null;
  destroy(): void;
}

/** Everything about one route's shadow that a snapshot holds ready. */
export interface MirrorLane {
  /** Decides about one request and counts what it decides. `null`: there is nothing to tell it. */
  begin(request: Mirrored, primary: 'legacy' | 'service'): Tap | null;
  /** A request to switch protocols: of two tunnels nothing can be compared. */
  upgrade(rawHeaders: HeaderLines, primary: 'legacy' | 'service'): void;
}

/** A request, as far as a copy of it needs to be known. It is kept beyond the request's own end. */
export interface Mirrored {
  readonly method: string;
  /** As the caller sent it. */
  readonly url: string;
  /** The host that counts. */
  readonly host: string;
  readonly rawHeaders: HeaderLines;
  readonly clientIp: string;
  readonly hasBody: boolean;
  /** Bytes of the body as announced; -1 when that is not known before its end. */
  readonly bodyLength: number;
  /** What its match bound, as name, value, name, value…; `null` where that names nothing. */
  readonly params: readonly string[] | null;
  /** The copy's head as latin1 text with its empty line: what the primary would get, but for what `copy` says. */
  head(copy: Copy): string;
  /**
   * The head, in the same form, by which one part of a composed answer is asked for: without what the caller's request says
   * of a body, of conditions, or of what it takes. `target` is the request target, `fields` are whole lines.
   */
  partHead(method: string, service: TargetPort, instance: InstancePort, target: string, fields: string): string;
  /** The fields of an answer as the caller would get them, without the proxy's own. */
  told(target: TargetPort, instance: InstancePort, head: ResponseHead): HeaderLines;
}

/** What makes a copy of a request. Its body is framed by its length, and nobody waits for a 100. */
export interface Copy {
  /** Decides about the path: legacy is asked for the caller's own, a service for its own. */
  readonly side: 'legacy' | 'service';
  readonly target: TargetPort;
  readonly instance: InstancePort;
  /** Bytes of the body that follows; 0 where there is none. */
  readonly bodyLength: number;
  /** Whole lines that are added. */
  readonly fields: string;
  /** Asks by GET for this path instead, without the fields that speak of a body or of what the caller holds already. */
  readonly get: string | null;
}

/**
 * Told of one request and its answer as they pass. `chunk` is copied by whoever keeps it. It ends with `complete`,
 * `failed`, `fellThrough` or `gone`, whichever comes first; what is told after that is not heard.
 */
export interface Tap {
  requestBody(chunk: Buffer): void;
  requestEnd(): void;
  /** `told` is the answer's fields as the caller gets them, and may change after the call. */
  head(head: ResponseHead, told: HeaderLines): void;
  body(chunk: Buffer): void;
  complete(): void;
  /** The primary failed to answer, or broke off, or legacy is asked in its place. */
  failed(): void;
  /** The service doesn't know this yet: legacy is asked in its place, and nothing has failed. */
  fellThrough(): void;
  /** The caller left, or broke its request off, before its answer was whole. */
  gone(): void;
}

export interface Asked {
  readonly request: Mirrored;
  /** Whole lines that every part's head gets besides. */
  readonly fields: string;
}

/** What a target did to one request. Every exchange ends in exactly one of onComplete, onFailure and onTunnelEnd. */
export interface Answer {
  /** The request, for a target that does not send it on but asks for its answer in parts. */
  asked(): Asked;
  /** The connection stands: the request may be written. Told once for each connection that was not ready at once. */
  onConnect(): void;
  onInformational(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
  /** `chunk` lies in a buffer that is used again: what must outlive the call is copied. */
  onBody(chunk: Buffer): void;
  /** Everything that one read brought has been told; what was held back to be joined can go out. */
  onReadEnd(): void;
  /** `trailers` is flat like the head's fields. */
  onComplete(trailers: readonly string[]): void;
  /** The connection is a tunnel from here on: its bytes arrive by onBody, its end by onTunnelEnd. */
  onUpgrade(head: ResponseHead): void;
  onTunnelEnd(): void;
  /** The request's body may be written again after `write` returned false. */
  onDrain(): void;
  onFailure(code: ErrorCode, detail: string): void;
}

/** The head of a response, without the fields that concern one connection only. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** Flat `[name, value, …]`, names as the target spelled them, values as latin1 text. */
  readonly headers: string[];
  /** Bytes announced by Content-Length; -1 when there was none. */
  readonly contentLength: number;
  readonly chunked: boolean;
  /** False when nothing follows the head: HEAD, 204, 304. */
  readonly hasBody: boolean;
  /** The `Upgrade` field's value, of interest with a 101 only. */
  readonly upgrade: string | null;
  /** Seconds that the target promises to keep the idle connection; -1 when it does not say. */
  readonly keepAliveSeconds: number;
  /** `headers` may have a Trailer. */
  readonly announcesTrailer: boolean;
}

/**
 * Turns the answers of routes into events, beside the way of a request. Nothing here throws: what can't be written down
 * costs an event, never an answer.
 */
export interface Publisher {
  /** What a route publishes; `null`: nothing. Asked for when a snapshot is built. */
  lane(route: Route): PublishLane | null;
}

export interface PublishLane {
  /** `null`: nothing is told of this request. */
  begin(request: PublishedRequest): Publication | null;
}

export interface PublishedRequest {
  readonly method: string;
  /** As the caller sent it. */
  readonly url: string;
  readonly rawHeaders: HeaderLines;
  /** What the route's match has bound; flat. */
  readonly params: readonly string[];
  /** Its sender is believed what it says of itself. */
  readonly trusted: boolean;
}

/** What is told of one request. It ends with `answered`, `dismiss` or `leaveOpen`, whichever comes first. */
export interface Publication {
  /** Whether the request waits until its intents are written down, and the answer until its events are. */
  readonly durable: boolean;
  /** Bytes of either body that are looked at. */
  readonly limit: number;
  readonly readsRequest: boolean;
  /** Resolves when the request may leave; with false: it is to be refused. */
  intend(): Promise<boolean>;
  /** Whether an answer with this status is an event; where it isn't, nothing is told. */
  takes(status: number): boolean;
  /** The answer is whole. Resolves when it may be relayed. */
  answered(headers: HeaderLines, body: Uint8Array, request: Uint8Array | null): Promise<void>;
  /** Nothing has happened. */
  dismiss(): void;
  /** Nobody can say what has happened. */
  leaveOpen(reason: string): void;
}

/**
 * What is written down of events until the bus has them. All of it is durable once it resolves, as far as the place
 * and `events.sync` go; a rejection means that it may have been written or not, a RangeError that there is no room.
 * Everything may be said again.
 */
export interface OutboxWriter {
  intend(intents: readonly Intent[]): Promise<void>;
  /** Turns an answer into events. Resolves with why it could not, telling by telling: such intents are uncertain now. */
  record(answered: Answered): Promise<readonly (string | null)[]>;
  dismiss(ids: readonly string[]): Promise<void>;
  /** Makes these intents uncertain. */
  leaveOpen(intents: readonly Intent[], reason: string): Promise<void>;
  /** Resolves while it can be written. */
  prove(): Promise<void>;
}

export interface Outbox extends OutboxWriter {
  /** Events that somebody else has told. */
  add(events: readonly CloudEvent[]): Promise<void>;
  /** Oldest first. */
  uncertain(limit: number): Promise<readonly Uncertain[]>;
  settle(settlement: Settlement): Promise<SettleOutcome>;
  /** Newest first. */
  settled(limit: number): Promise<readonly Settled[]>;
  /**
   * The next events for the bus, in their order, for whoever is the dispatcher: `holder` becomes it where nobody is.
   * `null`: somebody else is.
   */
  take(holder: string): Promise<readonly CloudEvent[] | null>;
  /** The bus has them. */
  delivered(ids: readonly string[]): Promise<void>;
  /** Lets somebody else be the dispatcher at once. */
  yield(holder: string): Promise<void>;
  standing(): Promise<OutboxStanding>;
  close(): Promise<void>;
}

/**
 * Where events go, and where they come from. Every implementation keeps the same promises: what was published is
 * handed to each group at least once, the events of one subject in their order and never two of them at a time,
 * however many consumers share a group. What a consumer fails for good is a dead letter, and the rest goes on.
 */
export interface EventBus {
  /** Appends, in this order; durable once it resolves. After a rejection some may be there, and may be sent again. */
  publish(events: readonly CloudEvent[]): Promise<void>;
  /** A group that is new begins at the beginning of what is kept. */
  consume(subscription: Subscription, handle: (event: CloudEvent) => Promise<void>): EventConsumer;
  /** Oldest first. */
  read(query: EventQuery): Promise<readonly StoredEvent[]>;
  /** Of one group, or of all; oldest first. */
  deadLetters(group?: string): Promise<readonly DeadLetter[]>;
  /** Hands dead letters to their group once more, by their ids. Returns how many there were. */
  revive(ids: readonly string[]): Promise<number>;
  /**
   * Hands everything to a group once more that was published at or after `since`, in ms; of these `types` only when
   * they are given, and then behind what it has not had yet. Returns how much that is.
   */
  rewind(group: string, since: number, types?: readonly string[]): Promise<number>;
  groups(): Promise<readonly GroupStanding[]>;
  close(): Promise<void>;
}

export interface Subscription {
  readonly group: string;
  /** Every type when absent. Others are passed over. */
  readonly types?: readonly string[];
  /** How often one event is tried before it is a dead letter: 5 when absent. */
  readonly attempts?: number;
  /** ms before the second try, doubled for each one after it, at most a minute: 200 when absent. */
  readonly backoff?: number;
  /** Hears that the bus can't be reached, and `null` when it can again. */
  readonly onTrouble?: (error: Error | null) => void;
}

export interface EventConsumer {
  /** Takes nothing new, and resolves once what is being handled has been. */
  stop(): Promise<void>;
}

export interface EventQuery {
  /** Behind this position. */
  readonly after?: string;
  /** ms since the epoch. */
  readonly since?: number;
  readonly types?: readonly string[];
  readonly subject?: string;
  readonly limit: number;
  /** The last ones that there are, instead of the first: in their order all the same. */
  readonly newest?: boolean;
}

export interface StoredEvent {
  /** Where it stands in the stream; opaque, and good for {@link EventQuery.after}. */
  readonly position: string;
  readonly event: CloudEvent;
}

export interface DeadLetter {
  readonly id: string;
  readonly group: string;
  readonly event: CloudEvent;
  readonly attempts: number;
  /** What its handler said last. */
  readonly error: string;
  /** ms since the epoch. */
  readonly at: number;
}

export interface GroupStanding {
  readonly group: string;
  /** Events that it has not handled yet. */
  readonly lag: number;
  readonly deadLetters: number;
}

/** What the metrics tell of a bus. */
export interface BusFigures {
  /** Whether it answered in time; where it did not, nobody knows about the groups. */
  readonly up: boolean;
  readonly groups: readonly GroupStanding[];
}
