/**
 * What was written in the place of a URL, as it may be shown. A URL that is wrong is often so by its password, with a
 * slash or a blank in it: so all goes up to the last `@`, whatever a URL would be there.
 */
export function withoutCredentials(written: string): string {
  return written.replace(/\/\/.*@/s, '//…@').replace(/\b([a-z][a-z\d+.-]*:\/?)[^\s/].*@/is, '$1…@');
}
