/** What a simulation has shown, for a terminal of 80 columns. */
import { countText, durationText, percentOf, shareText } from '../domain/figures.ts';
import type { RolloutSettings } from '../domain/rollout/model.ts';
import type { Run } from '../domain/rollout/simulate/run.ts';
import type { Repetition, Simulation, Times } from '../domain/rollout/simulate/summary.ts';
import type { Traffic } from '../domain/rollout/simulate/traffic.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { wrapped } from './wrap.ts';

const columns = 80;

/** What was tried. */
export function headOf({ steps, gates }: RolloutSettings, traffic: Traffic, { runs, seed }: Repetition): string[] {
  const holds = new Set(steps.map(({ hold }) => hold));
  const held = holds.size === 1 ? `each held for ${durationText(steps[0]!.hold)}` : 'held for';
  const each = holds.size === 1 ? '' : ` ${steps.map(({ hold }) => durationText(hold)).join(', ')}`;
  const rate = (share: number): string => shareText(100 * share);
  const match = gates.match === null ? '' : `, ${shareText(100 * (1 - traffic.mismatches))} of comparisons match`;
  return wrapped(
    `${steps.map(({ percent }) => percent).join(' → ')} %, ${held}${each}, at ${countText(traffic.rps)} requests a second: ` +
      `the service fails ${rate(traffic.serviceErrors)}, legacy ${rate(traffic.legacyErrors)}, ` +
      `and takes ${traffic.slowness} x as long${match} (${countText(runs)} runs, seed ${seed})`,
    columns,
  );
}

/** The typical run's percent over time: a row a step, as long as it was reached or passed. */
export function chartOf({ typical }: Simulation, { steps }: RolloutSettings, terminal: Terminal): string[] {
  const labels = steps.map(({ percent }) => `${percent} %`);
  const margin = Math.max(...labels.map(({ length }) => length)) + 1;
  const width = columns - margin - 2;
  const rows = steps.map((_, step) => {
    const from = typical.steps[step] ?? typical.after;
    const first = Math.min(width - 1, Math.floor((width * from) / typical.after));
    const isReached = typical.steps.length > step;
    const bar = isReached ? '█'.repeat(width - first - 1) + marks[typical.end] : '';
    const shown = terminal.style(typical.end === 'failed' ? 'red' : 'green', bar);
    return `${labels[step]!.padStart(margin - 1)} │${isReached ? ' '.repeat(first) + shown : ''}`;
  });
  return [...rows.reverse(), ...axisOf(typical.after, margin, width)];
}

/** How a bar ends: a failed one has no next column. */
const marks: Record<Run['end'], string> = { complete: '█', failed: '✗', waiting: '…' };

const minute = 60_000;
const tickLengths = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 14400, 43200, 144_000].map(
  (minutes) => minutes * minute,
);

function axisOf(length: number, margin: number, width: number): string[] {
  const between = tickLengths.find((ticks) => length / ticks <= 6) ?? length;
  let line = '';
  let labels = '';
  for (let at = 0; at <= length; at += between) {
    const column = Math.floor((width * at) / length);
    const label = at === 0 ? '0' : durationText(at);
    if (column + label.length > width) break;
    line = `${line.padEnd(column, '─')}┬`;
    labels = labels.padEnd(column) + label;
  }
  return [`${' '.repeat(margin)}└─${line.slice(1).padEnd(width - 1, '─')}`, `${' '.repeat(margin + 1)}${labels}`];
}

export function typicalOf({ typical }: Simulation, { steps }: RolloutSettings): string[] {
  const { end, after, reason } = typical;
  const step = typical.steps.length;
  const told: Record<Run['end'], string> = {
    complete: `a typical run, complete after ${durationText(after)}`,
    failed: `a typical run, failed after ${durationText(after)} in all: ${reason ?? ''}`,
    waiting: `a typical run, still on step ${step} of ${steps.length} after ${durationText(after)}`,
  };
  return wrapped(told[end], columns);
}

export function endsOf({ runs, ends }: Simulation, within: number, terminal: Terminal): string[] {
  const words = {
    complete: ['complete', 'green'],
    failed: ['failed', 'red'],
    waiting: ['waiting', 'yellow'],
  } as const;
  return [
    ...table(
      [
        ['END', 'RUNS', 'SHARE', '10 % BY', 'HALF BY', '90 % BY'],
        ...(['complete', 'failed', 'waiting'] as const).map((end) => {
          const { count, after } = ends[end];
          const [word, style] = words[end];
          return [
            count > 0 ? terminal.style(style, word) : word,
            countText(count),
            shareText(percentOf(count, runs)),
            ...(end === 'waiting' ? ['', '', ''] : timesText(after)),
          ];
        }),
      ],
      [1, 2, 3, 4, 5],
    ),
    ...(ends.waiting.count > 0 ? [`waiting: neither passed nor failed within ${durationText(within)}`] : []),
  ];
}

export function stepsOf({ steps }: Simulation): string[] {
  return table(
    [
      ['STEP', 'REACHED', 'PASSED', 'FAILED', 'WAITING', '10 % STAY', 'HALF STAY', '90 % STAY'],
      ...steps.map(({ percent, reached, passed, failed, waiting, stay }) => [
        `${percent} %`,
        ...[reached, passed, failed, waiting].map(countText),
        ...timesText(stay),
      ]),
    ],
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
}

function timesText(times: Times | null): string[] {
  return times === null ? ['–', '–', '–'] : [times.p10, times.p50, times.p90].map(durationText);
}
