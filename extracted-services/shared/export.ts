import type { Hono } from 'hono';
import { BadExportQuery, type ExportPage, type ExportQuery, readExportQuery } from '../../example/export/query.ts';
import { bearsToken } from '../../example/export/token.ts';
import { ApiError } from './answer.ts';

/** By kind, as the monolith's export names it and in the same shape: so the two can be held against each other. */
export type Exports = Readonly<Record<string, (query: ExportQuery) => ExportPage<object>>>;

/** `GET /export/:kind`, for whoever bears the token; no route of the proxy leads there. */
export function offerExports(app: Hono, exports: Exports, token: string): void {
  for (const [kind, read] of Object.entries(exports)) {
    app.get(`/export/${kind}`, (c) => {
      if (!bearsToken(c.req.header('authorization'), token)) {
        throw new ApiError(401, 'no_token', 'This is not for visitors.');
      }
      c.header('Cache-Control', 'no-store');
      return c.json({ ...read(queryOf(c.req.url)), generatedAt: new Date().toISOString() });
    });
  }
}

function queryOf(url: string): ExportQuery {
  try {
    return readExportQuery(new URL(url).searchParams);
  } catch (error) {
    if (error instanceof BadExportQuery) throw new ApiError(400, 'bad_query', error.message);
    throw error;
  }
}
