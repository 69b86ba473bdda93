/** `node autocannon.js ORDER`: does what the order (JSON) says and prints a Load (JSON). */
import autocannon from 'autocannon';
import { callers, headersOf, type Load, type Order } from '../load/load.ts';

const { port, method, path, body, connections, seconds } = JSON.parse(process.argv[2]!) as Order;

const result = await autocannon({
  url: `http://127.0.0.1:${port}`,
  connections,
  duration: seconds,
  requests: Array.from({ length: callers }, (_, caller) => ({
    method,
    path,
    headers: headersOf(caller, body),
    ...(body === null ? {} : { body }),
  })),
});
const load: Load = {
  requests: result.requests.total,
  seconds: result.duration,
  errors: result.errors + result.non2xx,
  p50: result.latency.p50,
  p99: result.latency.p99,
};
console.log(JSON.stringify(load));
