import type { CloudEvent } from '../domain/cloud-event.ts';
import type {
  Answered,
  Intent,
  OutboxStanding,
  Settled,
  Settlement,
  SettleOutcome,
  Uncertain,
} from '../domain/publishing/intent.ts';
import { StateError } from '../domain/state-error.ts';
import type { Clock, Outbox } from '../ports.ts';
import { lackOfRoom, lackOfRoomForEvent, mostTaken, mostUncertain, type OutboxBounds } from './bounds.ts';
import { settling } from './settling.ts';
import { tell } from './tell.ts';

/** An outbox that ends with its process: what waits in it then is lost. */
export class MemoryOutbox implements Outbox {
  readonly #clock: Clock;
  readonly #bounds: OutboxBounds;
  readonly #intents = new Map<string, Intent>();
  readonly #uncertain = new Map<string, Uncertain>();
  /** What waits for the bus, in its order, with when it was recorded. */
  readonly #pending = new Map<string, { readonly event: CloudEvent; readonly at: number }>();
  /** Ids that the bus has: what is recorded again is not told again. */
  readonly #delivered = new Set<string>();
  readonly #settled: Settled[] = [];
  #holder: string | null = null;
  #open = true;

  constructor(clock: Clock, bounds: OutboxBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  async intend(intents: readonly Intent[]): Promise<void> {
    this.#mustBeOpen();
    const refusal = lackOfRoom(this.#counts(), this.#bounds);
    if (refusal !== null) throw refusal;
    for (const intent of intents) this.#intents.set(intent.id, intent);
  }

  async record(answered: Answered): Promise<readonly (string | null)[]> {
    this.#mustBeOpen();
    const refusal = lackOfRoomForEvent(this.#counts(), this.#bounds);
    if (refusal !== null) throw refusal;
    return tell(answered).map((told) => {
      if (told.event === null) {
        this.#makeUncertain(told.intent, told.untold);
        return told.untold;
      }
      this.#forget(told.intent.id);
      this.#add(told.event);
      return null;
    });
  }

  async add(events: readonly CloudEvent[]): Promise<void> {
    this.#mustBeOpen();
    const refusal = lackOfRoomForEvent(this.#counts(), this.#bounds);
    if (refusal !== null) throw refusal;
    for (const event of events) this.#add(event);
  }

  async dismiss(ids: readonly string[]): Promise<void> {
    this.#mustBeOpen();
    for (const id of ids) this.#forget(id);
  }

  async leaveOpen(intents: readonly Intent[], reason: string): Promise<void> {
    this.#mustBeOpen();
    for (const intent of intents) this.#makeUncertain(intent, reason);
  }

  async uncertain(limit: number): Promise<readonly Uncertain[]> {
    this.#mustBeOpen();
    return [...this.#uncertain.values()].sort((a, b) => a.at - b.at).slice(0, limit);
  }

  async settle(settlement: Settlement): Promise<SettleOutcome> {
    this.#mustBeOpen();
    const settled: string[] = [];
    const refused: { id: string; message: string }[] = [];
    for (const id of new Set(settlement.ids)) {
      const intent = this.#uncertain.get(id);
      const settles = settling(intent, settlement);
      if (settles.as === 'refused') refused.push({ id, message: settles.message });
      else {
        this.#forget(id);
        if (settles.as === 'happened') this.#add(settles.event);
        this.#settled.unshift({ intent: intent!, who: settlement.who, at: this.#clock.now(), as: settles.as });
        settled.push(id);
      }
    }
    return { settled, refused };
  }

  async settled(limit: number): Promise<readonly Settled[]> {
    this.#mustBeOpen();
    return this.#settled.slice(0, limit);
  }

  async take(holder: string): Promise<readonly CloudEvent[] | null> {
    this.#mustBeOpen();
    this.#holder ??= holder;
    if (this.#holder !== holder) return null;
    const events: CloudEvent[] = [];
    for (const { event } of this.#pending.values()) {
      events.push(event);
      if (events.length === mostTaken) break;
    }
    return events;
  }

  async delivered(ids: readonly string[]): Promise<void> {
    this.#mustBeOpen();
    for (const id of ids) {
      this.#pending.delete(id);
      this.#delivered.add(id);
    }
    for (const id of this.#delivered) {
      if (this.#delivered.size <= Math.min(this.#bounds.most, mostRemembered)) break;
      this.#delivered.delete(id);
    }
  }

  async yield(holder: string): Promise<void> {
    if (this.#holder === holder) this.#holder = null;
  }

  async standing(): Promise<OutboxStanding> {
    this.#mustBeOpen();
    const [first] = this.#pending.values();
    return { pending: this.#pending.size, oldest: first?.at ?? null, uncertain: this.#uncertain.size };
  }

  async prove(): Promise<void> {
    this.#mustBeOpen();
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  #counts() {
    return { uncertain: this.#uncertain.size, pending: this.#pending.size };
  }

  #add(event: CloudEvent): void {
    if (this.#delivered.has(event.id) || this.#pending.has(event.id)) return;
    this.#pending.set(event.id, { event, at: this.#clock.now() });
  }

  #makeUncertain(intent: Intent, reason: string): void {
    const isNew = !this.#intents.delete(intent.id) && !this.#uncertain.has(intent.id);
    if (isNew && this.#uncertain.size >= mostUncertain) return;
    this.#uncertain.set(intent.id, { ...intent, reason, since: this.#clock.now() });
  }

  #forget(id: string): void {
    this.#intents.delete(id);
    this.#uncertain.delete(id);
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new StateError('closed', 'the outbox has been closed');
  }
}

/** Ids of delivered events, which memory need not hold as long as a file does. */
const mostRemembered = 100_000;
