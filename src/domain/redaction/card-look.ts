/** Digits in groups, one blank or dash between them at most. */
const digitRuns = /(?<![\d.])\d+(?:[ -]\d+)*(?!\.?\d)/g;
const fewest = 13;
const most = 19;

/** Replaces what looks like a card number: 13 to 19 digits that hold their own check digit. */
export function replaceCards(text: string, standIn: (digits: string) => string): string {
  return text.replace(digitRuns, (run) => (run.length < fewest ? run : withoutCards(run, standIn)));
}

/** `from` up to `to`, counted in groups. */
interface Window {
  readonly from: number;
  readonly to: number;
}

/** Windows of whole groups: a date or a quantity may stand before a card number. */
function withoutCards(run: string, standIn: (digits: string) => string): string {
  const parts = run.split(/([ -])/);
  const groups = parts.filter((_, i) => i % 2 === 0);
  const cards = joined(cardsIn(groups));
  if (cards.length === 0) return run;
  let kept = '';
  let at = 0;
  for (const { from, to } of cards) {
    kept += parts.slice(2 * at, 2 * from).join('') + standIn(groups.slice(from, to).join(''));
    kept += parts[2 * to - 1] ?? '';
    at = to;
  }
  return kept + parts.slice(2 * at).join('');
}

function cardsIn(groups: readonly string[]): readonly Window[] {
  const found: Window[] = [];
  for (let from = 0; from < groups.length; from++) {
    let digits = '';
    for (let to = from; to < groups.length && digits.length + groups[to]!.length <= most; to++) {
      digits += groups[to];
      if (digits.length >= fewest && isCard(digits, to > from)) found.push({ from, to: to + 1 });
    }
  }
  const even = found.filter((window) => isEven(groups.slice(window.from, window.to)));
  return even.length > 0 ? even : found;
}

/** As people write cards: groups of one size, the last one shorter perhaps. */
function isEven(groups: readonly string[]): boolean {
  const size = groups[0]!.length;
  return groups.every((group, i) => (i < groups.length - 1 ? group.length === size : group.length <= size));
}

/** Where several digits in a row could be the card, all of them are taken. */
function joined(windows: readonly Window[]): readonly Window[] {
  const apart: Window[] = [];
  for (const window of windows) {
    const last = apart.at(-1);
    if (last === undefined || window.from >= last.to) apart.push(window);
    else apart[apart.length - 1] = { from: last.from, to: Math.max(last.to, window.to) };
  }
  return apart;
}

function isCard(digits: string, grouped: boolean): boolean {
  return !(isTime(digits) && !grouped) && !/^0+$/.test(digits) && holdsLuhn(digits);
}

/** Milli-, micro- or nanoseconds since the epoch, from 2001 to 2033. */
const isTime = (digits: string): boolean => digits[0] === '1' && [13, 16, 19].includes(digits.length);

function holdsLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 0x30;
    const weighed = i % 2 === 0 ? digit : digit * 2;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum % 10 === 0;
}
