import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { cors } from 'hono/cors';
import { ApiError, answerError } from './answer.ts';
import type { EventHealth } from './dealings.ts';

/** What every service's app begins with; the service adds the paths of its own domain. */
export function serviceApp(name: string, rows: () => number, health: () => EventHealth | null = () => null): Hono {
  const app = new Hono();
  app.use(compress({ encoding: 'gzip' }));
  app.use((c, next) => {
    // The monolith says so on every answer, on those that it compresses as on the others.
    c.header('Vary', 'Accept-Encoding');
    return next();
  });
  app.use(cors({ origin: '*', allowMethods: ['GET', 'HEAD', 'POST'], maxAge: 600 }));
  app.get('/healthz', (c) => {
    const events = health();
    // 200 all the same: what it knows can be read while the bus is away.
    const status = events === null || events.bus === 'ok' ? 'ok' : 'degraded';
    return c.json({ status, service: name, rows: rows(), ...(events && { events }) });
  });
  app.notFound((c) => answerError(c, new ApiError(404, 'not_found', `There is nothing at ${c.req.path}.`)));
  app.onError((error, c) => {
    if (error instanceof ApiError) return answerError(c, error);
    console.error(`${name}: ${c.req.method} ${c.req.path}:`, error);
    return answerError(c, new ApiError(500, 'internal_error', 'Something broke on our side.'));
  });
  return app;
}

/** A path parameter that has to be a row's number; anything else is a row that isn't there. */
export function rowNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new ApiError(404, 'not_found', `There is no ${text}.`);
  return Number(text);
}
