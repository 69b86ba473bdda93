/** Metrics as prom-client's aggregation takes them. */
export type Labels = Readonly<Record<string, string | number>>;

export interface Value {
  readonly labels: Labels;
  readonly value: number;
  readonly metricName?: string;
}

export function family(type: 'counter' | 'gauge' | 'histogram', name: string, help: string, values: readonly Value[]) {
  return { type, name, help, values, aggregator: 'sum' };
}

/** An outcome that never happened would make seven lines of every route and target. */
export function isCounted(value: Value): boolean {
  return value.value > 0;
}
