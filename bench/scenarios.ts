/** What is asked of every proxy. */
export type Scenario = FullLoad | HalfLoad | Streaming;

/** As many requests as the proxy can take: CPU time a request, throughput, latency of a busy proxy. */
export interface FullLoad {
  readonly kind: 'full';
  readonly id: string;
  readonly title: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string | null;
}

/** As many requests a second for each proxy as half of what the slowest can take: the latency that callers see. */
export interface HalfLoad {
  readonly kind: 'half';
  readonly id: string;
  readonly title: string;
  readonly path: string;
}

/** One large body: CPU time a GiB, and the memory that it takes. */
export interface Streaming {
  readonly kind: 'stream';
  readonly id: string;
  readonly title: string;
  readonly direction: 'down' | 'up';
}

const order = JSON.stringify({
  customer: 'c-10174',
  items: [
    { sku: 'A-1', qty: 2 },
    { sku: 'B-7', qty: 1 },
  ],
  note: 'leave it at the door',
});

export const scenarios: readonly Scenario[] = [
  { kind: 'full', id: 'json', title: 'GET, 157 bytes of JSON', method: 'GET', path: '/api/json/42', body: null },
  {
    kind: 'full',
    id: 'post',
    title: `POST, ${order.length} bytes of JSON`,
    method: 'POST',
    path: '/api/json',
    body: order,
  },
  { kind: 'full', id: '2k', title: 'GET, 2 KiB', method: 'GET', path: '/api/bytes/2048', body: null },
  { kind: 'full', id: '64k', title: 'GET, 64 KiB', method: 'GET', path: '/api/bytes/65536', body: null },
  { kind: 'half', id: 'half', title: 'GET, 157 bytes of JSON, at half load', path: '/api/json/42' },
  { kind: 'stream', id: 'down', title: 'One download of 1 GiB', direction: 'down' },
  { kind: 'stream', id: 'up', title: 'One upload of 1 GiB', direction: 'up' },
];
