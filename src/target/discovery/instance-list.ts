import { type InstanceUrl, parseInstanceUrl } from '../../domain/instance-url.ts';
import { plural } from '../../domain/plural.ts';

/** Instances of one target beyond which a list is a mistake. */
const mostInstances = 1_000;
/** Wrong lines that are named; the others are counted. */
const mostNamed = 5;

/**
 * One base URL a line; empty lines and what stands behind a `#` say nothing. A list with a wrong line is wrong as a whole:
 * half of one is what nobody wrote.
 */
export function parseInstanceList(text: string): readonly InstanceUrl[] | { readonly wrong: string } {
  const urls: InstanceUrl[] = [];
  const wrong: string[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const written = line.replace(/(?:^|\s)#.*$/, '').trim();
    if (written === '') continue;
    const url = parseInstanceUrl(written);
    if (typeof url === 'string') wrong.push(`line ${index + 1} ${url}`);
    else urls.push(url);
  }
  if (urls.length > mostInstances) wrong.push(`it lists more than ${mostInstances.toLocaleString('en')} instances`);
  if (wrong.length === 0) return urls;
  const more = wrong.length - mostNamed;
  const rest = more > 0 ? `; ${plural(more, 'more mistake')}` : '';
  return { wrong: `${wrong.slice(0, mostNamed).join('; ')}${rest}` };
}
