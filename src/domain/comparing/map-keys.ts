/** An object with more keys than this is a map: nobody gives so many fields a name. */
export const mostFields = 50;

const shapes: readonly RegExp[] = [
  // Numbers, dates and times.
  /^[+-]?\d[\d.,:/_-]*$/,
  /^\d{4}-\d{2}(?:-\d{2})?(?:[T ]\S*)?$/,
  // UUIDs, digests and other hexadecimal names with a digit in them.
  /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
  /^(?=[^\d]*\d)(?=[0-9a-f]*$)[0-9a-f]{8,}$/i,
  // ord_1042, SKU-7731, user:12, A10442
  /^[A-Za-z]{1,12}[-_:#.]\d{3,}$/,
  /^[A-Za-z]{1,4}\d{4,}$/,
  // E-mail addresses, paths and URLs.
  /[^@]@|\//,
];
const longestField = 40;
/** Most keys are words: they need no closer look. */
const word = /^[A-Za-z_$]+$/;
const manyDigits = /^(?:[^\d]*\d){3,}[^\d]*$/;
const mixed = /^(?=.*[A-Za-z])[A-Za-z0-9]{16,}$/;

/** Whether a key looks as if it came from data (an id, a date, an address) rather than from a program. */
export function looksLikeData(key: string): boolean {
  if (key === '' || key.length > longestField) return true;
  if (word.test(key)) return false;
  return shapes.some((shape) => shape.test(key)) || (mixed.test(key) && manyDigits.test(key));
}
