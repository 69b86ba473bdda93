export type Labels = Readonly<Record<string, string | number>>;

export interface Value {
  readonly labels: Labels;
  readonly value: number;
  readonly metricName?: string;
}

/** One metric with its values, as prom-client writes them. */
export function family(type: 'counter' | 'gauge' | 'histogram', name: string, help: string, values: readonly Value[]) {
  return { type, name, help, values, aggregator: 'sum' };
}
