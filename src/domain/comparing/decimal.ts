/**
 * A number by its exact value, however many digits it was written with: sign × digits × 10^exponent. `digits` has no
 * zero at either end, and zero has the digits ''. JSON's numbers are decimal; doubles are only one way to read them.
 */
export interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: bigint;
}

const form = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const longestExponent = 1_000;

/** Of a number as JSON writes it. `null` where the exponent itself is too long for anything but a joke. */
export function decimalOf(text: string): Decimal | null {
  const read = form.exec(text);
  if (read === null) return null;
  const [, sign, whole = '', fraction = '', power = '0'] = read;
  if (power.length > longestExponent) return null;
  const all = whole + fraction;
  let first = 0;
  while (first < all.length && all[first] === '0') first++;
  let last = all.length;
  while (last > first && all[last - 1] === '0') last--;
  if (first === last) return { negative: false, digits: '', exponent: 0n };
  return {
    negative: sign === '-',
    digits: all.slice(first, last),
    exponent: BigInt(power) - BigInt(fraction.length) + BigInt(all.length - last),
  };
}

export function sameNumber(a: string, b: string): boolean {
  if (a === b) return true;
  const [one, other] = [decimalOf(a), decimalOf(b)];
  if (one === null || other === null) return false;
  return one.negative === other.negative && one.exponent === other.exponent && one.digits === other.digits;
}

/** Beyond this many digits, or powers of ten between two numbers, doubles decide how far they lie apart. */
const mostDigits = 400;

/** |a − b| ≤ allowed, where `allowed` is a share of |a| in percent or a distance; exact, as a user reads decimals. */
export function isWithin(a: string, b: string, allowed: number, asPercent: boolean): boolean {
  const [one, other, most] = [decimalOf(a), decimalOf(b), decimalOf(String(allowed))];
  if (one === null || other === null || most === null) return false;
  const scale = [one, other, most].reduce((least, { exponent }) => (exponent < least ? exponent : least), 0n);
  const fits = ({ digits, exponent }: Decimal) => digits.length <= mostDigits && exponent - scale <= mostDigits;
  if (!fits(one) || !fits(other) || !fits(most)) {
    const distance = Math.abs(Number(a) - Number(b));
    return Number.isFinite(distance) && distance <= (asPercent ? (Math.abs(Number(a)) * allowed) / 100 : allowed);
  }
  const [left, right, bound] = [scaled(one, scale), scaled(other, scale), scaled(most, scale)];
  const distance = left > right ? left - right : right - left;
  if (!asPercent) return distance <= bound;
  const size = left < 0n ? -left : left;
  return distance * 100n * 10n ** -scale <= bound * size;
}

function scaled({ negative, digits, exponent }: Decimal, scale: bigint): bigint {
  const size = BigInt(digits === '' ? '0' : digits) * 10n ** (exponent - scale);
  return negative ? -size : size;
}
