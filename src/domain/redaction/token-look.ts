/**
 * Tells a key, a digest or a session id from what people and programs read: words, numbers, dates, UUIDs, order
 * numbers. By structure and not by entropy, which twenty characters have too few of for a clean cut.
 */
export function isTokenLike(run: string): boolean {
  if (run.length < shortest) return false;
  let unstructured = 0;
  for (const part of run.replace(uuid, '').split(/[-_/+=]+/)) {
    if (part !== '' && !isStructured(part)) unstructured += part.length;
  }
  // A short revision or a size within a longer name does not make a secret of it.
  return unstructured >= 10;
}

const shortest = 20;

/** With a check at its ends, so that a longer run of hexadecimal digits is not cut into one. */
const uuid = /(?<![0-9A-Za-z])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Za-z])/g;

const structures = [
  /^\d{1,40}$/,
  /^[a-z]{1,40}$/,
  /^[A-Z]{1,15}$/,
  // Words in camel case; a random mix has capitals in a row, or alone.
  /^[A-Z]?[a-z]{2,40}(?:[A-Z][a-z]{2,40})*$/,
  // item42, SKU1001, DE89370400440532013000; 20ml
  /^(?:[a-z]{1,12}|[A-Z]{1,12}|[A-Z][a-z]{1,11})\d{1,20}$/,
  /^\d{1,20}[A-Za-z]{1,3}$/,
  // 20240131T101500, 20240131T101500Z
  /^\d{8}T\d{6}Z?$/,
  // ULID: it says when it was made, and so is an id
  /^0[0-9A-HJKMNP-TV-Z]{25}$/,
];

const isStructured = (part: string): boolean => structures.some((structure) => structure.test(part));
