import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '../processes.ts';
import { callers, headersOf, type Load, type LoadGenerator, type Order } from './load.ts';

/** `wrk` on one thread; its requests are made before it starts, its figures come out as JSON. */
export function wrk(folder: string): LoadGenerator {
  return {
    name: 'wrk',
    async run(order) {
      const file = join(folder, 'load.lua');
      await writeFile(file, script(order));
      const { port, connections, seconds } = order;
      const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', file];
      const out = await runToEnd({ file: 'wrk', args: [...args, `http://127.0.0.1:${port}`] }, (seconds + 20) * 1_000);
      return JSON.parse(out.slice(out.lastIndexOf('\n{') + 1)) as Load;
    },
  };
}

function script({ method, path, body }: Order): string {
  const headers = Object.entries(headersOf(0, body))
    .filter(([name]) => name !== 'Cookie')
    .map(([name, value]) => `  headers[${lua(name)}] = ${lua(value)}\n`)
    .join('');
  return `local requests = {}
local turn = 0

function init(args)
  local headers = {}
${headers}  for i = 1, ${callers} do
    headers["Cookie"] = "theme=dark; session=s" .. i
    requests[i] = wrk.format(${lua(method)}, ${lua(path)}, headers, ${body === null ? 'nil' : lua(body)})
  end
end

function request()
  turn = turn % ${callers} + 1
  return requests[turn]
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\n{"requests":%d,"seconds":%.6f,"errors":%d,"p50":%.3f,"p99":%.3f}', summary.requests,
    summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
`;
}

/** A JSON string is a Lua string as long as it holds no \\u escape, and ours hold none. */
const lua = (text: string): string => JSON.stringify(text);
