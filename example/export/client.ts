/** Asks an export, the monolith's or a service's. Each call asks once: how patient to be is the caller's to say. */
import { Agent, request } from 'undici';
import type { ExportPage } from './query.ts';

export interface ExportClient {
  /** Rejects with an {@link ExportError}. */
  page(kind: string, query: PageQuery, signal?: AbortSignal): Promise<ToldPage>;
  close(): Promise<void>;
}

export interface PageQuery {
  readonly after?: string | undefined;
  readonly since?: string | undefined;
  readonly ids?: readonly (string | number)[];
  readonly order?: number;
  readonly limit?: number;
  readonly count?: boolean;
}

export interface ToldPage extends ExportPage<ExportedRow> {
  /** When it was told, by the clock of whoever told it, in ms. */
  readonly toldAt: number;
}

/** Of any kind; whoever wants more of it reads it by a schema. */
export type ExportedRow = Readonly<Record<string, unknown>>;

export class ExportError extends Error {
  /** `null`: there was no answer. */
  readonly status: number | null;
  /** In ms, where the answer asked for time. */
  readonly retryAfter: number | null;

  constructor(message: string, status: number | null, retryAfter: number | null = null, cause?: unknown) {
    super(message, { cause });
    this.name = 'ExportError';
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Whether the same question may have an answer later. */
  get passes(): boolean {
    return this.status === null || this.status === 429 || this.status >= 500;
  }
}

const connectPatience = 2_000;
const patience = 10_000;

/** `base`: such as `http://127.0.0.1:3000/api/export`. */
export function openExport(base: string, token: string): ExportClient {
  const dispatcher = new Agent({ connect: { timeout: connectPatience }, connections: 4 });
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };

  return {
    async page(kind, query, signal) {
      const url = `${base}/${kind}?${searchOf(query)}`;
      const timely = AbortSignal.timeout(patience);
      const end = signal ? AbortSignal.any([signal, timely]) : timely;
      try {
        const { statusCode, headers: told, body } = await request(url, { dispatcher, headers, signal: end });
        const text = await body.text();
        if (statusCode !== 200) throw refusal(url, statusCode, told['retry-after'], text);
        return read(url, text);
      } catch (error) {
        if (error instanceof ExportError || signal?.aborted) throw error;
        throw new ExportError(`no answer from ${url}: ${why(error)}`, null, null, error);
      }
    },
    close: () => dispatcher.destroy(),
  };
}

function searchOf({ ids, ...rest }: PageQuery): URLSearchParams {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined && value !== false) search.set(name, String(value));
  }
  if (ids) search.set('ids', ids.join(','));
  return search;
}

function refusal(url: string, status: number, retryAfter: unknown, text: string): ExportError {
  const hint =
    status === 401 ? ': is the token right?' : status === 404 ? ': has it been started with an export token?' : '';
  const seconds = typeof retryAfter === 'string' && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : null;
  const said = hint || (status >= 500 || status === 429 ? '' : `: ${text.slice(0, 200)}`);
  return new ExportError(`${url} answered ${status}${said}`, status, seconds === null ? null : seconds * 1000);
}

function read(url: string, text: string): ToldPage {
  try {
    const page = JSON.parse(text) as ExportPage<ExportedRow> & { readonly generatedAt: string };
    const toldAt = Date.parse(page.generatedAt);
    if (Array.isArray(page.rows) && typeof page.more === 'boolean' && !Number.isNaN(toldAt)) return { ...page, toldAt };
  } catch {
    // As bad as JSON with something else in it.
  }
  throw new ExportError(`${url} answered with something that is no page of an export`, 200);
}

function why(error: unknown): string {
  const { message, name, code } = error as NodeJS.ErrnoException;
  return name === 'TimeoutError' ? `none within ${patience / 1000} s` : (code ?? message);
}
