/** First and last status, both included. */
export type StatusRange = readonly [first: number, last: number];

export class StatusTestError extends Error {
  override readonly name = 'StatusTestError';
}

const lowest = 200;
const highest = 999;
const all: readonly StatusRange[] = [[lowest, highest]];

const shapes =
  'a condition is "status < 400", "status == 201" or "status in 200..299, 304", and several are joined by "and"';
const comparison = /^status\s*(<=|>=|==|!=|<|>)\s*(\d{3})$/;
const membership = /^status\s+in\s+(\S.*)$/;
const item = /^(\d{3})(?:\s*\.\.\s*(\d{3}))?$/;

/** More is a slip, and would make each answer slower. */
const longestText = 500;

/**
 * Reads `status < 400`, `status in 200..299, 304`, and such joined by `and`, as the statuses that meet it: in ascending
 * order, without gaps or overlaps between two of them. Throws {@link StatusTestError}, also for what no answer meets.
 */
export function parseStatusTest(text: string): readonly StatusRange[] {
  if (text.length > longestText) throw new StatusTestError(`it is longer than ${longestText} characters`);
  const met = text.split(/\sand\s/).reduce((ranges, part) => both(ranges, parsePart(part.trim())), all);
  if (met.length === 0) throw new StatusTestError('no answer has such a status');
  return met;
}

export function meetsStatusTest(ranges: readonly StatusRange[], status: number): boolean {
  return ranges.some(([first, last]) => status >= first && status <= last);
}

/** As {@link parseStatusTest} reads it. */
export function statusTestText(ranges: readonly StatusRange[]): string {
  const [only] = ranges;
  if (ranges.length === 1 && only![0] === lowest) return `status < ${only![1] + 1}`;
  return `status in ${ranges.map(([first, last]) => (first === last ? first : `${first}..${last}`)).join(', ')}`;
}

function parsePart(part: string): readonly StatusRange[] {
  const [, operator, number] = comparison.exec(part) ?? [];
  if (operator !== undefined) return compared(operator, Number(number));
  const listed = membership.exec(part)?.[1];
  if (listed === undefined) throw new StatusTestError(shapes);
  return joined(listed.split(',').map((each) => parseItem(each.trim())));
}

function compared(operator: string, status: number): readonly StatusRange[] {
  switch (operator) {
    case '<':
      return range(lowest, status - 1);
    case '<=':
      return range(lowest, status);
    case '>':
      return range(status + 1, highest);
    case '>=':
      return range(status, highest);
    case '==':
      return range(status, status);
    default:
      return [...range(lowest, status - 1), ...range(status + 1, highest)];
  }
}

function parseItem(text: string): StatusRange {
  const [, first, last = first] = item.exec(text) ?? [];
  if (first === undefined) throw new StatusTestError(`"${text}" is neither a status nor a range as 200..299`);
  if (Number(last) < Number(first)) throw new StatusTestError(`"${text}" begins behind its end`);
  return [Number(first), Number(last)];
}

/** Of final answers only: 1xx comes before them. */
function range(first: number, last: number): readonly StatusRange[] {
  const from = Math.max(first, lowest);
  return last < from ? [] : [[from, last]];
}

/** In ascending order, those that touch joined into one. */
function joined(ranges: readonly StatusRange[]): readonly StatusRange[] {
  const result: StatusRange[] = [];
  for (const [first, last] of ranges.flatMap(([first, last]) => range(first, last)).toSorted(([a], [b]) => a - b)) {
    const before = result.at(-1);
    if (before !== undefined && first <= before[1] + 1)
      result[result.length - 1] = [before[0], Math.max(before[1], last)];
    else result.push([first, last]);
  }
  return result;
}

function both(some: readonly StatusRange[], others: readonly StatusRange[]): readonly StatusRange[] {
  return some.flatMap(([first, last]) =>
    others
      .filter(([from, to]) => from <= last && to >= first)
      .map(([from, to]): StatusRange => [Math.max(first, from), Math.min(last, to)]),
  );
}
