/** `npm run example:traffic`: the shop's visitors, until all their requests are answered or until Ctrl-C. */
import { setMaxListeners } from 'node:events';
import { readOptions, wholeNumber } from './process/options.ts';
import { progressOn } from './process/progress.ts';
import { sendTraffic } from './traffic/run.ts';
import { openLine } from './traffic/send.ts';
import { Tally } from './traffic/tally.ts';
import { trafficOf } from './traffic/visits.ts';

const program = 'npm run example:traffic --';
const options = readOptions(program, {
  url: `http://127.0.0.1:${process.env.PORT ?? 8080}`,
  requests: '2000',
  seed: '1',
  rate: '200',
  concurrency: '8',
});
const requests = wholeNumber(program, 'requests', options.requests, 1);
const concurrency = wholeNumber(program, 'concurrency', options.concurrency, 1);
const seed = wholeNumber(program, 'seed', options.seed, 0);
const rate = wholeNumber(program, 'rate', options.rate, 0);

if (!/^http:\/\/[^/]+\/?$/.test(options.url)) {
  console.error(`${program}: “${options.url}” is not the URL of the shop, such as http://127.0.0.1:8080`);
  process.exit(2);
}

const stopping = new AbortController();
// Everyone who pauses listens to it; Node takes more than ten for a leak.
setMaxListeners(0, stopping.signal);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

const line = openLine(options.url, concurrency);
const tally = new Tally();
const progress = progressOn(process.stderr, requests);
const end = await sendTraffic(
  { steps: trafficOf(seed), requests, concurrency, rate },
  { line, tally, signal: stopping.signal, onAnswer: () => progress.show(tally) },
);
progress.end();
line.close();

if (tally.done > tally.failures || end === 'stopped') console.log(tally.summary());
if (end === 'unreachable') console.error(`Nobody answers at ${options.url}: is the shop open? npm start opens it.`);
if (end === 'stopped') process.exitCode = 130;
else if (tally.failures > 0) process.exitCode = 1;
