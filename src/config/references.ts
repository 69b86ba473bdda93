import { dirname, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { type Draft, valueAt } from './draft.ts';
import { type NamedFiles, sayReadError } from './file.ts';
import { errorAt, type Finding, type Path, quote } from './problem.ts';

/** Gives a file's text, or throws. */
export type ReadFile = (path: string) => string;

/** The files that routes.yaml names: certificates, keys, authorities. Their paths are relative to it. */
export interface References {
  /** By absolute path. */
  readonly texts: NamedFiles;
  readonly findings: readonly Finding[];
  textAt(written: string): string;
}

export function readReferences(draft: Draft, content: unknown, file: string, readFile: ReadFile): References {
  const texts = new Map<string, string | null>();
  const findings: Finding[] = [];
  const absolute = (written: string): string => resolve(dirname(file), written);

  const read = (written: string | undefined, path: Path): string | undefined => {
    if (written === undefined) return undefined;
    try {
      const text = readFile(absolute(written));
      texts.set(absolute(written), text);
      return text;
    } catch (error) {
      texts.set(absolute(written), null);
      findings.push(errorAt(path, `${quote(written)} cannot be read: ${sayReadError(error)}`));
      return undefined;
    }
  };

  const certificates: [text: string | undefined, path: Path][] = [
    [read(draft.legacy.tls?.ca, ['legacy', 'tls', 'ca']), ['legacy', 'tls', 'ca']],
  ];
  for (const [name, service] of draft.services) {
    const path = ['services', name, 'tls', 'ca'];
    certificates.push([read(service.tls?.ca, path), path]);
  }
  for (const [ca, path] of certificates) {
    if (ca !== undefined && !isAccepted({ ca })) findings.push(errorAt(path, '"ca" holds no PEM certificate'));
  }
  // Read even where the rest of `listen` can't be, so that all problems come at once.
  const tls = valueAt(content, ['listen', 'tls']) as Record<string, unknown> | null | undefined;
  const written = (key: string): string | undefined => (typeof tls?.[key] === 'string' ? tls[key] : undefined);
  const cert = read(written('cert'), ['listen', 'tls', 'cert']);
  const key = read(written('key'), ['listen', 'tls', 'key']);
  findings.push(...checkPair(cert, key));

  return { texts, findings, textAt: (path) => texts.get(absolute(path)) ?? '' };
}

function checkPair(cert: string | undefined, key: string | undefined): readonly Finding[] {
  const findings: Finding[] = [];
  if (cert !== undefined && !isAccepted({ cert })) {
    findings.push(errorAt(['listen', 'tls', 'cert'], '"cert" holds no PEM certificate'));
  }
  if (key !== undefined && !isAccepted({ key })) {
    findings.push(errorAt(['listen', 'tls', 'key'], '"key" holds no PEM private key without a passphrase'));
  }
  if (findings.length === 0 && cert !== undefined && key !== undefined && !isAccepted({ cert, key })) {
    findings.push(errorAt(['listen', 'tls', 'key'], '"key" does not belong to the certificate'));
  }
  return findings;
}

function isAccepted(part: { ca?: string; cert?: string; key?: string }): boolean {
  const text = part.ca ?? part.cert;
  if (text !== undefined && !text.includes('-----BEGIN')) return false;
  try {
    createSecureContext(part);
    return true;
  } catch {
    return false;
  }
}
