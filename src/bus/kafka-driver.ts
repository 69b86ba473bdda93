/**
 * The Kafka client, only where a bus on Kafka is named. It is an optional dependency: whoever has no Kafka may leave it
 * out. 1.22 is the last one that does not stand on packages which need Node 22.19.
 */
import type * as Kafka from '@platformatic/kafka';
import { BusError } from '../domain/bus-error.ts';

export type KafkaDriver = typeof Kafka;

export async function kafkaDriver(): Promise<KafkaDriver> {
  try {
    return await import('@platformatic/kafka');
  } catch (error) {
    const [why] = (error as Error).message.split('\n');
    const way = 'install with optional dependencies; it needs Node 20.19.4 or newer';
    throw new BusError('unavailable', `@platformatic/kafka can't be loaded (${why}): ${way}`, { cause: error });
  }
}

/** What the client says is often only that several things failed. */
export function explainKafka(error: unknown, brokers: readonly string[]): BusError {
  if (error instanceof BusError) return error;
  const reasons = new Set<string>();
  const gather = (each: unknown): void => {
    if (!(each instanceof Error)) return;
    const inner = [...(each instanceof AggregateError ? each.errors : []), ...(each.cause ? [each.cause] : [])];
    if (inner.length === 0) reasons.add(each.message);
    else for (const one of inner) gather(one);
  };
  gather(error);
  const why = [...reasons].slice(0, 3).join('; ') || String(error);
  return new BusError('unavailable', `Kafka at ${brokers.join(', ')} fails: ${why}`, { cause: error });
}
