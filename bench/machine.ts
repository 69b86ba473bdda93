import { cpus, loadavg, release, totalmem, type } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** What else was under way: the average of the minute before. */
  readonly load: number;
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    node: process.version,
    load: loadavg()[0]!,
  };
}

export function describe({ cpu, cores, memoryGiB, kernel, node, load }: Machine): string {
  return `${cores} × ${cpu}, ${memoryGiB} GiB, ${kernel}, Node ${node}, load average before: ${load.toFixed(1)}`;
}
