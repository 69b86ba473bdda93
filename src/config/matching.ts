import { METHODS } from 'node:http';
import { z } from 'zod';
import { PatternError, parsePattern } from '../domain/pattern-syntax.ts';
import { parseRewrite } from '../domain/rewrite.ts';
import type { KeySource, Match } from '../domain/settings.ts';
import { orEnvironment, textLeaf, Unacceptable } from './leaf.ts';
import { quote } from './problem.ts';
import { either } from './sections.ts';
import { didYouMean } from './suggest.ts';

/** What the name of a header or a method may be. */
export const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** `GET /api/orders/:id`, `GET,POST /api/orders`, or only a path for every method. */
export function matchText() {
  return textLeaf('"METHOD /path", a map, or a list of those', readMatch, {
    pattern: orEnvironment('^([^\\s/]+ +)?/'),
    examples: ['GET /api/orders/:id', 'GET,POST /api/orders', '/static/*'],
  });
}

function readMatch(written: string): Match {
  const [, methods, path] = /^(?:([^\s/]+)[ \t]+)?(\S.*)$/s.exec(written.trim()) ?? [];
  if (path === undefined) throw new Unacceptable('must not be empty');
  if (!path.startsWith('/')) throw new Unacceptable(`${quote(written)} is not "METHOD /path"`);
  return {
    methods: methods === undefined ? null : methods.split(',').map(readMethod),
    path: readPath(path),
    host: null,
    headers: [],
    query: [],
  };
}

/** `[GET, POST]` or `GET,POST`. */
export function methodList() {
  return either('must be a list of methods', [
    textLeaf('methods', (written) => written.split(',').map((method) => readMethod(method.trim())), {}),
    z.array(textLeaf('a method', readMethod, { examples: ['GET', 'POST'] })).min(1),
  ]);
}

/** GET lets HEAD through. Each method once. */
export function withHead(methods: readonly string[]): readonly string[] {
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))];
}

/** Methods are case-sensitive, and nobody means a method that differs from a known one in case only. */
function readMethod(written: string): string {
  if (written === '') throw new Unacceptable('lacks a method beside a comma');
  if (!token.test(written)) throw new Unacceptable(`${quote(written)} is not a method`);
  if (/[a-z]/.test(written)) {
    throw new Unacceptable(`takes methods in capitals, not ${quote(written)}${didYouMean(written, METHODS)}`);
  }
  return written;
}

export function pathPattern() {
  return textLeaf('a path such as /api/orders/:id', (written) => readPath(written), { pattern: orEnvironment('^/') });
}

function readPath(written: string, parse: (text: string) => { readonly text: string } = parsePattern): string {
  try {
    return parse(written).text;
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new Unacceptable(`${quote(written)} is not a valid path: ${error.message} (character ${error.index + 1})`);
  }
}

/** The service's own path; which names it may use depends on the route's matches. */
export function rewritePath() {
  return textLeaf('a path such as /orders/:id', (written) => readPath(written, parseRewrite), {
    pattern: orEnvironment('^/'),
  });
}

/** A Host header without its port, or `*.example.com`. */
export function matchHost() {
  return textLeaf(
    'a host name or *.example.com',
    (written) => {
      const host = written.toLowerCase();
      if (/^(\*\.)?[a-z0-9_]([a-z0-9._-]*[a-z0-9])?$/.test(host) || /^\[[0-9a-f:.]+\]$/.test(host)) return host;
      const hint = /:\d+$/.test(host) ? '; leave the port out' : '';
      throw new Unacceptable(`${quote(written)} is not a host name or *.example.com${hint}`);
    },
    { minLength: 1 },
  );
}

export function headerName() {
  return textLeaf('the name of a header', readHeaderName, { pattern: orEnvironment(token.source) });
}

function readHeaderName(written: string): string {
  if (token.test(written)) return written.toLowerCase();
  throw new Unacceptable(`${quote(written)} is not the name of a header`);
}

/** `header:x-user-id`, `cookie:session`, `query:user` or `ip`. */
export function keySource() {
  return textLeaf('header:NAME, cookie:NAME, query:NAME or ip', readKeySource, {
    pattern: orEnvironment('^(header:.+|cookie:.+|query:.+|ip)$'),
    examples: ['header:x-user-id', 'cookie:session', 'query:user', 'ip'],
  });
}

function readKeySource(written: string): KeySource {
  if (written === 'ip') return { from: 'ip' };
  const [, from, name] = /^(header|cookie|query):(\S+)$/.exec(written) ?? [];
  if (name === undefined) {
    const hint = didYouMean(written.split(':')[0]!, ['header', 'cookie', 'query', 'ip']);
    throw new Unacceptable(`must be header:NAME, cookie:NAME, query:NAME or ip, not ${quote(written)}${hint}`);
  }
  if (from === 'query') return { from, name };
  if (!token.test(name)) throw new Unacceptable(`${quote(name)} is not the name of a ${from}`);
  return from === 'header' ? { from, name: name.toLowerCase() } : { from: 'cookie', name };
}
