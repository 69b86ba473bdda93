import { redactLooks } from './looks.ts';
import { isSecretName } from './secret-names.ts';
import type { StandIns } from './stand-ins.ts';

/** A name and what ties a value to it: `password=`, `"password": `, `<password>`. */
const names = /(?<![\w-])([A-Za-z][\w.-]{0,63})["']?\s{0,3}(=>?|:|>)\s{0,3}/g;

/** By what stands before it, how far a value reaches. */
const values: Readonly<Record<string, RegExp>> = {
  '"': /"([^"\r\n]+)/y,
  "'": /'([^'\r\n]+)/y,
  '>': /([^<]+)/y,
  ':': /([^\r\n"'<>&;,{}[\]]+)/y,
  '=': /((?:(?:Bearer|Basic|Digest|Negotiate|Token)\s{1,3})?[^\s"'<>&;,]+)/iy,
};

// <input name="csrf" value="x">, <meta name="csrf-token" content="x">
const fields =
  /(\bname\s?=\s?["']?([\w.-]{1,64})["']?[^<>]{0,200}?\b(?:value|content)\s?=\s?)(?:"([^"]*)"|'([^']*)')/gi;

/** Takes secrets out of text of any kind: by the names that stand before them, and by their looks. */
export function redactText(text: string, standIns: StandIns): string {
  if (text.length < 3) return text;
  const byField = standIns
    .scrub(text)
    .replace(fields, (all, before: string, name: string, double?: string, single?: string) => {
      const value = double ?? single ?? '';
      return value !== '' && isSecretName(name) ? `${before}"${standIns.of('redacted', value)}"` : all;
    });
  return redactLooks(redactNamed(byField, standIns), standIns);
}

function redactNamed(text: string, standIns: StandIns): string {
  let redacted = '';
  let copied = 0;
  for (const { 0: before, 1: name, 2: tie, index } of text.matchAll(names)) {
    if (index < copied || !isSecretName(name!)) continue;
    const from = index + before.length;
    const first = text[from] ?? '';
    const reach = values[first === '"' || first === "'" ? first : tie![0]!]!;
    reach.lastIndex = from;
    const value = reach.exec(text)?.[1]?.trimEnd() ?? '';
    if (value === '' || value.startsWith('‹')) continue;
    const at = text.indexOf(value, from);
    redacted += text.slice(copied, at) + standIns.of('redacted', value);
    copied = at + value.length;
  }
  return redacted + text.slice(copied);
}
