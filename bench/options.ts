import { parseArgs } from 'node:util';
import { allPeers } from './peers/all.ts';
import type { Peer } from './peers/peer.ts';
import { stranglerFrom, withPolicies } from './peers/strangler.ts';
import { type Scenario, scenarios } from './scenarios.ts';

/** What is measured with programs of its own, not beside other proxies. */
const parts = ['shadow', 'overload', 'compose', 'publish', 'streams', 'compare'] as const;
const ids: readonly string[] = [...scenarios.map(({ id }) => id), ...parts];

export const usage = `npm run bench -- [options]

  --quick            two short rounds: a first impression, written nowhere
  --only IDS         these scenarios: ${ids.join(',')}
  --peers NAMES      these proxies: ${[...allPeers, ...withPolicies].map(({ name }) => name).join(',')}
  --baseline FILE    also another build of strangler, by its bin/strangler.js
  --rounds N         rounds of each scenario (5)
  --seconds N        seconds of each measurement (3)
  --json             the figures as JSON instead of tables
  --write            write bench/RESULTS.md; a whole run does that by itself
  --no-write         leave it as it is`;

export interface Options {
  readonly scenarios: readonly Scenario[];
  readonly parts: readonly (typeof parts)[number][];
  readonly quick: boolean;
  readonly peers: readonly Peer[];
  readonly rounds: number;
  readonly seconds: number;
  readonly json: boolean;
  readonly write: boolean;
}

/** @throws an Error that says what is wrong; null when only help was asked for. */
export function readOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      peers: { type: 'string' },
      baseline: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean' },
      'no-write': { type: 'boolean' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const { quick, only, baseline, json } = values;
  const whole = !quick && only === undefined && values.peers === undefined && baseline === undefined;
  const peers = values.peers === undefined ? allPeers : chosen([...allPeers, ...withPolicies], 'name', values.peers);
  return {
    scenarios: chosen(
      scenarios,
      'id',
      only
        ?.split(',')
        .filter((id) => !parts.some((part) => part === id))
        .join(','),
    ),
    parts: parts.filter((part) => only?.split(',').includes(part) ?? values.peers === undefined),
    quick,
    peers: baseline === undefined ? peers : [...peers, stranglerFrom('baseline', baseline)],
    rounds: positive(values.rounds, quick ? 2 : 5),
    seconds: positive(values.seconds, quick ? 1 : 3),
    json,
    write: values.write ?? (values['no-write'] !== true && whole),
  };
}

function chosen<K extends string, T extends Readonly<Record<K, string>>>(
  all: readonly T[],
  key: K,
  list: string | undefined,
): readonly T[] {
  if (list === undefined) return all;
  if (list === '') return [];
  return list.split(',').map((wanted) => {
    const found = all.find((one) => one[key] === wanted);
    if (found === undefined) throw new Error(`"${wanted}" is none of ${all.map((one) => one[key]).join(', ')}`);
    return found;
  });
}

function positive(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`"${text}" is no positive whole number`);
  return value;
}
