/**
 * What faces the callers, as the composition root sees it: one proxy in this process, or a fleet of workers that
 * behaves like one.
 */
import type { EvidenceBatch } from '../domain/evidence.ts';
import type { LiveRoute } from '../domain/live.ts';
import type { ArmCount } from '../domain/rollout/arm-counts.ts';
import type { ListenSettings, Settings } from '../domain/settings.ts';
import { type CountingMeter, createMeter } from '../events/meter.ts';
import { type ProcessFigures, watchProcess } from '../events/metrics.ts';
import type { AccessLog, EventSink, OutboxWriter } from '../ports.ts';
import { createProxy } from '../proxy/server.ts';
import { createComparer } from '../shadow/comparer.ts';
import { createMirror } from '../shadow/mirror.ts';
import { Targets } from '../target/targets.ts';
import { createPublishing } from './publishing.ts';

export interface Front {
  readonly workers: number;
  /** Swaps everything that requests read, between two requests. */
  apply(settings: Settings, live: readonly LiveRoute[]): void;
  /** After the first `apply`. */
  listen(settings: ListenSettings): Promise<Listening>;
  /** Stops accepting, lets what is under way finish (at most `ms`), then closes. */
  drain(ms: number): Promise<Drained>;
  /** One for each process. */
  figures(): Promise<readonly ProcessFigures[]>;
}

export interface Listening {
  readonly url: string;
  readonly port: number;
}

export interface Drained {
  readonly finished: number;
  readonly cut: number;
}

interface FrontParts {
  readonly events: EventSink;
  readonly accessLog?: AccessLog;
  /** About once a second, while anything is shadowed. */
  readonly onEvidence: (batch: EvidenceBatch) => void;
  /** About once a second, while callers are in the arms of a split. */
  readonly onArms: (counts: readonly ArmCount[]) => void;
  /** Where what routes publish is written down, and who is told of that. */
  readonly outbox: OutboxWriter;
  readonly onRecorded: () => void;
  /** Shared by all processes of one front; absent, the proxy makes one up. */
  readonly pseudonym?: string;
}

/**
 * The proxy, and beside it the mirror that copies its requests, the comparer that judges the answers, and the publisher
 * that tells of them.
 */
export function createWholeProxy(parts: FrontParts) {
  const { events, onEvidence: onBatch } = parts;
  const clock = { now: Date.now };
  const meter = createMeter();
  const partMeter = createMeter();
  const comparer = createComparer({ events, clock, onBatch });
  // Connections of its own: whatever a shadow does to them, no caller waits for one.
  const targets = new Targets(events, { partMeter });
  const transport = new Targets(events, { beside: targets });
  const mirror = createMirror({ events, comparer, tallies: comparer.tallies, clock, transport });
  const publishing = createPublishing({ ...parts, clock });
  const { publisher } = publishing;
  const proxy = createProxy({ ...parts, meter, mirror, publisher, transport: targets });
  return { proxy, meter, partMeter, comparer, publishing, targets, arms: tellArms(meter, parts.onArms) };
}

/** ms between two tellings: the guard looks as often. */
const tellArmsEvery = 1000;

/** Hands on what the arms did, until it is stopped, which hands on the rest. */
function tellArms(meter: CountingMeter, onArms: FrontParts['onArms']): { stop(): void } {
  const tell = (): void => {
    const counts = meter.takeArms();
    if (counts.length > 0) onArms(counts);
  };
  const telling = setInterval(tell, tellArmsEvery).unref();
  return {
    stop() {
      clearInterval(telling);
      tell();
    },
  };
}

export function createSingleFront(parts: FrontParts): Front {
  const { proxy, meter, partMeter, comparer, publishing, targets, arms } = createWholeProxy(parts);
  const processMetrics = watchProcess();
  return {
    workers: 1,
    apply(settings, live) {
      publishing.apply(settings);
      proxy.apply(settings, live);
    },
    listen: (settings) => proxy.listen(settings),
    async drain(ms) {
      const drained = await proxy.drain(ms);
      arms.stop();
      await publishing.stop();
      await comparer.close();
      return drained;
    },
    figures: async () => [
      {
        requests: meter.snapshot(),
        parts: partMeter.snapshot(),
        refused: meter.refusals(),
        shadow: comparer.figures(),
        published: publishing.figures(),
        circuits: targets.circuits(),
        instances: targets.figures(),
        discovery: targets.discoveryTroubles(),
        process: await processMetrics(),
      },
    ],
  };
}
