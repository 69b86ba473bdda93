import { Agent, type IncomingMessage, request } from 'node:http';

export interface Loaded {
  readonly answered: number;
  /** What went wrong, a line for each request that did not get a whole 200. */
  readonly failures: readonly string[];
  /** How many answers had this body. */
  readonly bodies: ReadonlyMap<string, number>;
  /** The longest answer, in ms. */
  readonly slowest: number;
}

export interface Load {
  /** Resolves when this many further answers have come. */
  further(answers: number): Promise<void>;
  /** Sends no more, and waits for what is under way. */
  stop(): Promise<Loaded>;
}

/**
 * So many callers, each of whom asks again as soon as it has its answer; `pace` is the ms that it rests before.
 * `headersOf` is what the request of this turn carries.
 */
export function startLoad(
  url: string,
  paths: readonly string[],
  callers = 8,
  pace = 2,
  headersOf: (turn: number) => Record<string, string> = () => ({}),
): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const failures: string[] = [];
  const bodies = new Map<string, number>();
  const waiting: { at: number; resolve: () => void }[] = [];
  let answered = 0;
  let slowest = 0;
  let stopped = false;

  async function caller(index: number): Promise<void> {
    for (let turn = index; !stopped; turn++) {
      const path = paths[turn % paths.length]!;
      const startedAt = performance.now();
      try {
        const { status, body } = await ask(new URL(path, url), agent, headersOf(turn));
        if (status !== 200) failures.push(`${path} ${status} ${body}`);
        bodies.set(body, (bodies.get(body) ?? 0) + 1);
      } catch (error) {
        failures.push(`${path} ${(error as Error).message}`);
      }
      slowest = Math.max(slowest, performance.now() - startedAt);
      answered += 1;
      for (const { at, resolve } of waiting) if (answered >= at) resolve();
      await new Promise((resolve) => setTimeout(resolve, pace));
    }
  }

  const all = Promise.all(Array.from({ length: callers }, (_, index) => caller(index)));
  return {
    further: (answers) => new Promise((resolve) => waiting.push({ at: answered + answers, resolve })),
    async stop() {
      stopped = true;
      await all;
      agent.destroy();
      return { answered, failures, bodies, slowest };
    },
  };
}

/** One GET with its whole body. */
export function ask(
  url: URL,
  agent?: Agent,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string; message: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    request(url, { headers, ...(agent && { agent }) }, (message) => {
      let body = '';
      message.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      message.on('error', reject);
      message.on('end', () => resolve({ status: message.statusCode!, body, message }));
    })
      .on('error', reject)
      .end();
  });
}
