import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

export interface Part {
  readonly name: string;
  /** `null` for an ordinary field. */
  readonly filename: string | null;
  readonly contentType: string;
  /** Has to be read, or left, before the next part is asked for. */
  readonly content: AsyncIterable<Buffer>;
}

const maxPartHead = 16 * 1024;
const malformed = (): HttpError => new HttpError(400, 'malformed_multipart', 'The multipart body is malformed.');

/** The parts of a multipart/form-data body, one after the other, none of them ever whole in memory. */
export async function* partsOf(request: IncomingMessage, body: AsyncIterable<Buffer>): AsyncGenerator<Part> {
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(request.headers['content-type'] ?? '');
  if (!boundary) throw malformed();
  const delimiter = `\r\n--${boundary[1] ?? boundary[2]}`;
  // The first delimiter may stand at the very beginning, without a line before it.
  const reader = new DelimitedReader(body, Buffer.from('\r\n'));
  await drain(reader.upTo(delimiter));
  while ((await reader.line(maxPartHead)) !== '--') {
    const head = await headOf(reader);
    const content = reader.upTo(delimiter);
    yield { ...head, content };
    await drain(content);
  }
}

async function headOf(reader: DelimitedReader): Promise<Omit<Part, 'content'>> {
  let name = '';
  let filename: string | null = null;
  let contentType = 'application/octet-stream';
  for (let line = await reader.line(maxPartHead); line !== ''; line = await reader.line(maxPartHead)) {
    const [field = '', value = ''] = line.split(/:\s*(.*)/s);
    if (field.toLowerCase() === 'content-type') contentType = value;
    if (field.toLowerCase() !== 'content-disposition') continue;
    name = /;\s*name="([^"]*)"/i.exec(value)?.[1] ?? '';
    filename = /;\s*filename="([^"]*)"/i.exec(value)?.[1] ?? null;
  }
  return { name, filename, contentType };
}

async function drain(content: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of content);
}

/** Reads lines, and stretches of bytes up to a delimiter, from chunks that are cut anywhere. */
class DelimitedReader {
  #chunks: AsyncIterator<Buffer>;
  #held: Buffer;

  constructor(body: AsyncIterable<Buffer>, before: Buffer) {
    this.#chunks = body[Symbol.asyncIterator]();
    this.#held = before;
  }

  async line(limit: number): Promise<string> {
    for (;;) {
      const end = this.#held.indexOf('\r\n');
      if (end !== -1) return this.#take(end, 2).toString('utf8');
      // The closing delimiter needs no line end after it.
      if (this.#held.length > limit || !(await this.#more())) {
        if (this.#held.toString('latin1') === '--') return '--';
        throw malformed();
      }
    }
  }

  async *upTo(delimiter: string): AsyncGenerator<Buffer> {
    for (;;) {
      const end = this.#held.indexOf(delimiter, 0, 'latin1');
      if (end !== -1) {
        yield this.#take(end, delimiter.length);
        return;
      }
      const safe = this.#held.length - delimiter.length;
      if (safe > 0) yield this.#take(safe, 0);
      if (!(await this.#more())) throw malformed();
    }
  }

  #take(length: number, skipped: number): Buffer {
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length + skipped);
    return taken;
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done) return false;
    this.#held = this.#held.length === 0 ? next.value : Buffer.concat([this.#held, next.value]);
    return true;
  }
}
