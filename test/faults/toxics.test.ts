import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { errors } from '../../src/domain/errors.ts';
import { type Direction, type Toxic, toxicRelay } from '../support/toxic-relay.ts';
import { stage } from './stage.ts';

/** `STRANGLER_FAULT_SECONDS=60` is what a release is tried with. */
const seconds = Number(process.env.STRANGLER_FAULT_SECONDS ?? 0.25);
const perSecond = 100;

const toxics: readonly Toxic[] = [
  { kind: 'latency', ms: 200 },
  { kind: 'bandwidth', bytesPerSecond: 20_000 },
  { kind: 'slow_close', ms: 300 },
  { kind: 'timeout', ms: 0 },
  { kind: 'timeout', ms: 300 },
  { kind: 'reset_peer', ms: 0 },
  { kind: 'reset_peer', ms: 100 },
  { kind: 'slicer', bytes: 40, ms: 2 },
  { kind: 'limit_data', bytes: 300 },
  { kind: 'down' },
];

/** `whole`: its own answer; `broken`: visibly cut; else the code of an error of the table, or what must not be. */
interface Result {
  readonly path: string;
  readonly verdict: string;
  readonly took: number;
  /** Who answered, as `debug: true` tells it. */
  readonly by: string;
}

let asked = 0;

function askOnce(url: string, path: string, agent: Agent): Promise<Result> {
  const startedAt = performance.now();
  const nonce = `nonce-${++asked}-`;
  let by = '';
  const verdictOf = (resolve: (result: Result) => void) => (verdict: string) =>
    resolve({ path, verdict, took: performance.now() - startedAt, by });
  return new Promise<Result>((resolve) => {
    const judge = verdictOf(resolve);
    request(new URL(`${path}?${nonce}`, url), { agent }, (message) => {
      let body = '';
      by = String(message.headers['x-strangler-target']);
      message.setEncoding('latin1').on('data', (text) => {
        body += text;
      });
      message.on('error', () => judge('broken'));
      message.on('end', () => {
        const code = String(message.headers['x-strangler-error']);
        if (message.statusCode === 200)
          judge(body === answerTo(`${path}?${nonce}`) ? 'whole' : `crossed: ${body.slice(0, 80)}`);
        else judge(code in errors ? code : `status ${message.statusCode}`);
      });
    })
      .on('error', () => judge('broken'))
      .end();
  });
}

/** Some two kilobytes that say which request they are for. */
function answerTo(target: string): string {
  return `${target} `.repeat(2_000 / target.length);
}

async function askSteadily(url: string, agent: Agent, forSeconds: number): Promise<readonly Result[]> {
  const all: Promise<Result>[] = [];
  for (let turn = 0; turn < forSeconds * perSecond; turn++) {
    all.push(askOnce(url, turn % 2 === 0 ? '/legacy' : '/orders', agent));
    await sleep(1000 / perSecond);
  }
  return Promise.all(all);
}

it(
  'outlives every toxic on either target, keeps the other target well and crosses no answers',
  async () => {
    const at = await stage('memory');
    for (const target of [at.legacy, at.orders])
      target.answer = (incoming, response) => response.end(answerTo(incoming.url!));
    const relays = { legacy: await toxicRelay(at.legacy.port), orders: await toxicRelay(at.orders.port) };
    const circuit = 'circuit: { reset: 100ms }';
    const timeout = 'timeout: { connect: 500ms, response: 1s, idle: 1s }';
    await at.write(
      at
        .yaml(['{ id: moved, match: GET /orders, service: orders, percent: 100 }'], 'debug: true')
        .replace(/legacy: \{.*\}/, `legacy: { url: http://127.0.0.1:${relays.legacy.port}, ${timeout} }`)
        .replace(/orders: \{.*\}/, `orders: { url: http://127.0.0.1:${relays.orders.port}, ${timeout}, ${circuit} } }`),
    );
    const proxy = await at.start();
    const agent = new Agent({ keepAlive: true });
    onTestFinished(async () => {
      agent.destroy();
      await Promise.all([relays.legacy.close(), relays.orders.close()]);
    });

    for (const toxic of toxics) {
      for (const direction of ['upstream', 'downstream'] satisfies Direction[]) {
        for (const ill of ['legacy', 'orders'] as const) {
          const what = `${JSON.stringify(toxic)} ${direction} of ${ill}`;
          await relays[ill].poison(toxic, direction);
          const results = await askSteadily(proxy.url, agent, seconds);
          await relays[ill].heal();

          const documented = (verdict: string) => verdict === 'whole' || verdict === 'broken' || verdict in errors;
          expect(
            results.filter(({ verdict }) => !documented(verdict)),
            what,
          ).toEqual([]);
          const well = results.filter(({ path }) => path !== `/${ill}`);
          expect(
            well.filter(({ verdict }) => verdict !== 'whole'),
            `the other target: ${what}`,
          ).toEqual([]);
          // Fallback: nothing but an answer that broke off in the middle may be seen of an ill service.
          if (ill === 'orders') {
            const seen = results.filter(({ verdict }) => verdict !== 'whole' && verdict !== 'broken');
            expect(seen, what).toEqual([]);
          }
          // Connect, response and one gap in the body, and for a service legacy's whole turn besides.
          expect(Math.max(...results.map(({ took }) => took)), what).toBeLessThan(2 * 2_500 + 1_000);
          if (seconds >= 1) console.log(what, tally(results), Math.round(Math.max(...results.map(({ took }) => took))));
          await expect
            .poll(
              async () =>
                // By itself, and not by the other one in its place: its circuit has closed.
                (await askSteadily(proxy.url, agent, 0.1)).filter(
                  ({ verdict, path, by }) => verdict !== 'whole' || path !== `/${by}`,
                ),
              { timeout: 5_000, message: `recovery from ${what}` },
            )
            .toEqual([]);
        }
      }
    }
    expect(await proxy.stop()).toBe(0);
  },
  60_000 + toxics.length * 4 * (seconds + 1) * 1_000,
);

function tally(results: readonly Result[]): string {
  const counts = new Map<string, number>();
  for (const { path, verdict } of results) {
    const key = `${path} ${verdict}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => `${key}: ${count}`).join(', ');
}
