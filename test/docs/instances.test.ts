import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstShare, forgivenAfter } from '../../src/domain/instance-health.ts';
import { longestTtl, lookUpEvery, retryAfter, shortestTtl } from '../../src/target/discovery/watched-name.ts';
import { settingsOf } from '../config/reading.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/instances.md'), 'utf8');

function section(heading: string): string {
  const from = page.indexOf(`\n## ${heading}\n`);
  expect(from, heading).toBeGreaterThan(0);
  const end = page.indexOf('\n## ', from + 1);
  return page.slice(from + 1, end === -1 ? undefined : end).replaceAll(/\s+/g, ' ');
}

const settings = settingsOf(`version: 1
legacy: { url: http://127.0.0.1:3000 }
services: { orders: { url: http://127.0.0.1:4003, health: { path: /healthz } } }
routes: []
`);
const [orders] = settings.services;
const seconds = (milliseconds: number): string => `${milliseconds / 1_000}s`;

describe('docs/instances.md', () => {
  it('names the defaults that are in force', () => {
    const { health, ejection, balance, slowStart } = orders!;
    expect(section('Who is next')).toContain(`\`${balance}\` | each in turn; the default`);
    expect(section('Slow start')).toContain(
      `over \`slowStart\`, \`${seconds(slowStart)}\` for a service, off for legacy`,
    );
    expect([settings.legacy.slowStart, settings.legacy.ejection, settings.legacy.health]).toEqual([0, null, null]);
    expect(firstShare).toBe(0.1);
    expect(section('Health checks')).toContain(`then every \`${seconds(health!.every)}\``);
    expect(section('Health checks')).toContain(`within \`${seconds(health!.timeout)}\``);
    expect(section('Health checks')).toContain(`After \`${health!.unhealthyAfter}\` in a row`);
    expect(section('Health checks')).toContain(`after \`${health!.healthyAfter}\` good ones`);
    expect(section('Ejection')).toContain(`After \`${ejection!.failures}\` failures in a row`);
    expect(section('Ejection')).toContain(`\`${seconds(ejection!.time)}\` the first time`);
    expect(section('Ejection')).toContain(`up to \`${ejection!.longest / 60_000}m\``);
    expect(section('Ejection')).toContain(`Each ${forgivenAfter / 1_000} s that it is back`);
    expect(section('Ejection')).toContain(`At most \`${ejection!.most}%\``);
  });

  it('names the times of DNS', () => {
    expect(section('Discovery')).toContain(`not before ${shortestTtl} s and not later than ${longestTtl} s`);
    expect(section('Discovery')).toContain(`every ${lookUpEvery / 1_000} s; write`);
    expect(section('Discovery')).toContain(`asked for again in ${retryAfter / 1_000} s`);
  });

  it('names every event about instances, and no other', () => {
    const events = readFileSync(join(import.meta.dirname, '../../src/ports.ts'), 'utf8');
    const typed = [...events.matchAll(/type: '((?:instance|discovery)\.[a-z]+)'/g)].map(([, type]) => type);
    const told = [...page.matchAll(/`((?:instance|discovery)\.[a-z]+)`/g)].map(([, type]) => type);
    expect(told).toEqual(typed);
  });
});
