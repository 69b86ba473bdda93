import type { InstanceUrl } from '../domain/settings.ts';
import { isLoopback } from './addresses.ts';
import { checkRetry } from './check-policies.ts';
import { type Draft, valueAt } from './draft.ts';
import { errorAt, type Finding, type Path, quote, warningAt } from './problem.ts';
import type { TargetEntry } from './schema.ts';

/** What can be wrong with legacy and the services beyond each single value. */
export function checkTargets(draft: Draft, content: unknown): readonly Finding[] {
  const findings = checkTarget(draft.legacy, ['legacy'], draft, content);
  for (const [name, target] of draft.services) {
    if (name === 'legacy') findings.push(errorAt(['services', name], 'no service can be called "legacy"', 'key'));
    findings.push(...checkTarget(target, ['services', name], draft, content));
  }
  return findings;
}

function checkTarget(target: Partial<TargetEntry>, path: Path, draft: Draft, content: unknown): Finding[] {
  const findings: Finding[] = [];
  const given = valueAt(content, path);
  if (typeof given !== 'object' || given === null) return findings;
  const hasUrl = 'url' in given;
  const hasUrls = 'urls' in given;
  if (!hasUrl && !hasUrls) findings.push(errorAt(path, `${quote(path.at(-1))} needs "url" or "urls"`));
  if (hasUrl && hasUrls) findings.push(errorAt([...path, 'urls'], '"url" and "urls" exclude each other', 'key'));

  const places = placesOf(target, path);
  const seen = new Set<string>();
  for (const { url, path: place } of places) {
    const spelled = `${url.authority}${url.basePath}`;
    if (seen.has(spelled)) findings.push(warningAt(place, 'this instance is listed twice'));
    seen.add(spelled);
    if (isOurselves(url, draft)) findings.push(warningAt(place, 'this is where the proxy itself listens'));
  }
  return findings.concat(checkTls(target, path, places, given), checkRetry(target, path));
}

interface PlacedUrl {
  readonly url: InstanceUrl;
  readonly path: Path;
}

function placesOf(target: Partial<TargetEntry>, path: Path): readonly PlacedUrl[] {
  const one = target.url === undefined ? [] : [{ url: target.url, path: [...path, 'url'] }];
  return [...one, ...(target.urls ?? []).map((url, index) => ({ url, path: [...path, 'urls', index] }))];
}

function isOurselves(url: InstanceUrl, { listen }: Draft): boolean {
  if (listen === undefined || listen.port === 0 || url.port !== listen.port) return false;
  return isLoopback(url.hostname) && (isLoopback(listen.host) || listen.host === '0.0.0.0' || listen.host === '::');
}

function checkTls(target: Partial<TargetEntry>, path: Path, places: readonly PlacedUrl[], given: object): Finding[] {
  if (!('tls' in given)) return [];
  const place = [...path, 'tls'];
  if (places.length > 0 && places.every(({ url }) => !url.secure)) {
    return [warningAt(place, '"tls" has no effect on http:// URLs', 'key')];
  }
  if (target.tls?.verify !== false) return [];
  return [warningAt([...place, 'verify'], 'certificates are not verified: anyone in between can answer')];
}
