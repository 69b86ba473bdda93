export interface Answer {
  readonly status: number;
  readonly reason: string;
  /** In the order and case in which they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly text: string;
  readonly trailers: readonly string[];
  readonly interims: readonly Answer[];
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  /** False when the connection closed before the end of the body. */
  readonly complete: boolean;
  /** Every value of the header, joined; undefined without it. */
  get(name: string): string | undefined;
  all(name: string): readonly string[];
}

export interface ParsedAnswer {
  readonly answer: Answer;
  /** Bytes that it took. */
  readonly length: number;
}

/** The first final answer in `bytes`; `null` while it isn't whole and the connection is still open. */
export function parseAnswer(bytes: Buffer, method: string, closed: boolean): ParsedAnswer | null {
  const interims: Answer[] = [];
  let at = 0;
  for (;;) {
    const headEnd = bytes.indexOf('\r\n\r\n', at);
    if (headEnd === -1) return null;
    const head = readHead(bytes.toString('latin1', at, headEnd));
    at = headEnd + 4;
    if (head.status < 200 && head.status !== 101) {
      interims.push(answerOf(head, [], { framing: 'none', complete: true, trailers: [] }, Buffer.alloc(0)));
      continue;
    }
    const body = readBody(bytes, at, head, method, closed);
    if (!body.complete && !closed) return null;
    return { answer: answerOf(head, interims, body, body.bytes), length: body.end };
  }
}

interface Head {
  readonly status: number;
  readonly reason: string;
  readonly headers: (readonly [string, string])[];
}

function readHead(text: string): Head {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const match = /^HTTP\/1\.1 (\d{3}) ([^\r\n]*)$/.exec(statusLine);
  if (match === null) throw new Error(`not a status line: ${JSON.stringify(statusLine.slice(0, 80))}`);
  const headers = lines.map((line): readonly [string, string] => {
    const field = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n\0]*?)[ \t]*$/.exec(line);
    if (field === null) throw new Error(`not a header line: ${JSON.stringify(line.slice(0, 80))}`);
    return [field[1]!, field[2]!];
  });
  return { status: Number(match[1]), reason: match[2]!, headers };
}

interface Body {
  readonly framing: Answer['framing'];
  readonly bytes: Buffer;
  readonly trailers: string[];
  readonly complete: boolean;
  readonly end: number;
}

function readBody(bytes: Buffer, at: number, head: Head, method: string, closed: boolean): Body {
  const none = Buffer.alloc(0);
  if (method === 'HEAD' || head.status === 204 || head.status === 304 || head.status === 101) {
    return { framing: 'none', bytes: none, trailers: [], complete: true, end: at };
  }
  const coding = valuesOf(head.headers, 'transfer-encoding');
  const length = valuesOf(head.headers, 'content-length');
  if (coding.length > 0 && length.length > 0) throw new Error('both Content-Length and Transfer-Encoding');
  if (coding.length > 0) return readChunked(bytes, at);
  if (length.length > 0) {
    if (length.length > 1 || !/^\d+$/.test(length[0]!)) throw new Error(`Content-Length is ${length.join(', ')}`);
    const end = at + Number(length[0]);
    const body = bytes.subarray(at, end);
    const complete = bytes.length >= end;
    return { framing: 'length', bytes: body, trailers: [], complete, end: Math.min(end, bytes.length) };
  }
  return { framing: 'close', bytes: bytes.subarray(at), trailers: [], complete: closed, end: bytes.length };
}

function readChunked(bytes: Buffer, start: number): Body {
  const chunks: Buffer[] = [];
  const cutShort = (): Body => ({
    framing: 'chunked',
    bytes: Buffer.concat(chunks),
    trailers: [],
    complete: false,
    end: bytes.length,
  });
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return cutShort();
    const line = bytes.toString('latin1', at, lineEnd);
    if (!/^[0-9a-fA-F]+$/.test(line)) throw new Error(`not a chunk size: ${JSON.stringify(line.slice(0, 40))}`);
    const size = Number.parseInt(line, 16);
    at = lineEnd + 2;
    if (size === 0) {
      const end = bytes.toString('latin1', at, at + 2) === '\r\n' ? at - 2 : bytes.indexOf('\r\n\r\n', at);
      if (end === -1 || end + 4 > bytes.length) return cutShort();
      const section = bytes.toString('latin1', at, end);
      const trailers = section === '' ? [] : section.split('\r\n');
      return { framing: 'chunked', bytes: Buffer.concat(chunks), trailers, complete: true, end: end + 4 };
    }
    chunks.push(bytes.subarray(at, at + size));
    if (bytes.length < at + size + 2) return cutShort();
    if (bytes.toString('latin1', at + size, at + size + 2) !== '\r\n') throw new Error('a chunk without its CRLF');
    at += size + 2;
  }
}

function answerOf(
  { status, reason, headers }: Head,
  interims: readonly Answer[],
  { framing, complete, trailers }: Pick<Body, 'framing' | 'complete' | 'trailers'>,
  body: Buffer,
): Answer {
  return {
    status,
    reason,
    headers,
    body,
    text: body.toString('latin1'),
    trailers,
    interims,
    framing,
    complete,
    get: (name) => {
      const values = valuesOf(headers, name.toLowerCase());
      return values.length === 0 ? undefined : values.join(', ');
    },
    all: (name) => valuesOf(headers, name.toLowerCase()),
  };
}

function valuesOf(headers: readonly (readonly [string, string])[], lowerName: string): string[] {
  return headers.filter(([name]) => name.toLowerCase() === lowerName).map(([, value]) => value);
}
