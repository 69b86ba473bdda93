import { replaceCards } from './card-look.ts';
import { replaceIbans } from './iban-look.ts';
import type { StandIns } from './stand-ins.ts';
import { isTokenLike } from './token-look.ts';

// Each begins only where a run of its characters begins, so that a long run costs one pass and not one for each of
// its characters: the text is an attacker's.
const jwts = /(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?/g;
const credentials = /(?<![\w-])(Bearer|Basic)(\s{1,3}|%20|\+)([\w.~+/-]{6,}=*)/gi;
const emails =
  /(?<![\p{L}\p{N}._%+'-])[\p{L}\p{N}._%+'-]+(?:@|%40|&#64;|&#x40;)(?:[\p{L}\p{N}-]+\.)+[\p{L}\p{N}-]*\p{L}/giu;
const runs = /(?<![\w+/=-])[\w+/=-]{20,}/g;

/** Takes out what gives itself away by its looks, wherever it stands. Idempotent. */
export function redactLooks(text: string, standIns: StandIns): string {
  if (text.length < 6) return text;
  let redacted = text;
  if (redacted.includes('eyJ')) redacted = redacted.replace(jwts, (jwt) => standIns.of('token', jwt));
  redacted = redacted.replace(credentials, (all, scheme: string, gap: string, value: string) =>
    /^basic$/i.test(scheme) && !looksEncoded(value) ? all : `${scheme}${gap}${standIns.of('token', value)}`,
  );
  if (mayHoldEmail.test(redacted)) redacted = redacted.replace(emails, (email) => standIns.of('e-mail', email));
  redacted = replaceIbans(redacted, (iban) => standIns.of('iban', iban));
  redacted = replaceCards(redacted, (digits) => standIns.of('card', digits));
  if (redacted.length < 20) return redacted;
  return redacted.replace(runs, (run) => withoutTokens(run, standIns));
}

const mayHoldEmail = /@|%40|&#(?:64|x40);/i;

/** Not "basic information". */
const looksEncoded = (value: string): boolean => /[\d=+/]|[a-z][A-Z]|[A-Z]{2}/.test(value);

function withoutTokens(run: string, standIns: StandIns): string {
  if (!isTokenLike(run)) return run;
  // `name=value`, and a path: what stands beside the secret is kept.
  const apart = run.split(/(\/|=(?!=*$))/);
  if (apart.length === 1) return standIns.of('token', run);
  const redacted = apart.map((part) => (isTokenLike(part) ? standIns.of('token', part) : part)).join('');
  return isTokenLike(redacted.replace(/‹[^›]*›/g, '')) ? standIns.of('token', run) : redacted;
}
