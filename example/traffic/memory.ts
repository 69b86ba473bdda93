/** What one visitor has been told so far, and so what its next request looks like. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Step, Visitor } from './step.ts';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Decoded; '' where there is none, or none that is text. */
  readonly text: string;
}

type Named = 'order' | 'payment' | 'own';

export class Memory {
  readonly #visitor: Visitor;
  readonly #cookies = new Map<string, string>();
  readonly #tags = new Map<string, string>();
  #token = '';
  /** Until the shop has named one, the first one that there is. */
  readonly #named: Record<Named, string> = { order: '1', payment: '1', own: '1' };

  constructor(visitor: Visitor) {
    this.#visitor = visitor;
  }

  requestFor(step: Step): Request {
    const path = step.path.replace(/\{(order|payment|own)\}/g, (_, name: Named) => this.#named[name]);
    const headers: Record<string, string> = { 'accept-encoding': 'gzip' };
    if (this.#visitor.kind === 'app') {
      headers['user-agent'] = 'OldMillApp/3.1';
      headers.accept = 'application/json';
      headers['x-user-id'] = `user-${this.#visitor.number}`;
    } else {
      headers['user-agent'] = 'Mozilla/5.0 (example traffic)';
      headers.accept = 'text/html,*/*;q=0.8';
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      if (cookie) headers.cookie = cookie;
    }
    const tag = step.revalidate && this.#tags.get(path);
    if (tag) headers['if-none-match'] = tag;
    let body: string | null = null;
    if (step.body?.kind === 'json') {
      headers['content-type'] = 'application/json';
      body = JSON.stringify(step.body.value);
    } else if (step.body?.kind === 'form') {
      headers['content-type'] = 'application/x-www-form-urlencoded';
      body = new URLSearchParams({ ...step.body.fields, _csrf: this.#token }).toString();
    }
    return { method: step.method, path, headers, body };
  }

  learn({ method, path }: Request, { status, headers, text }: Answer): void {
    for (const cookie of headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(cookie) ?? [];
      if (name !== undefined) this.#cookies.set(name, value!);
    }
    if (headers.etag && status === 200) this.#tags.set(path, headers.etag);
    const type = headers['content-type'] ?? '';
    if (type.startsWith('text/html')) {
      this.#token = /name="_csrf" value="([^"]*)"/.exec(text)?.[1] ?? this.#token;
      // The oldest, which nobody changes any more.
      const own = [...text.matchAll(/"\/account\/orders\/(\d+)"/g)].at(-1);
      this.#named.own = own?.[1] ?? this.#named.own;
    } else if (method === 'POST' && status === 201 && type.startsWith('application/json')) {
      const { id, links } = JSON.parse(text) as { id: number; links: { payment: string | null } };
      this.#named.order = String(id);
      this.#named.payment = links.payment?.split('/').at(-1) ?? this.#named.payment;
    }
  }
}
