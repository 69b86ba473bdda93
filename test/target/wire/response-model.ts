import fc from 'fast-check';

/** A valid response: what it is made of, and the bytes that tell it. */
export interface ResponseModel {
  readonly method: string;
  readonly interims: readonly HeadModel[];
  readonly head: HeadModel;
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  readonly body: string;
  readonly trailers: readonly (readonly [string, string])[];
  readonly bytes: Buffer;
}

interface HeadModel {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [string, string])[];
}

const tokenCharacter = fc.constantFrom(..."!#$%&'*+-.^_`|~0123456789abcXYZ");
const name = fc
  .string({ unit: tokenCharacter, minLength: 1, maxLength: 8 })
  // Names of their own meaning are set by the framing.
  .map((text) => `X-${text}`);
const valueCharacter = fc.constantFrom(...' \tabc,;="/\\:()\x80\xe9\xff~!');
const value = fc.string({ unit: valueCharacter, maxLength: 12 }).map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
const blanks = fc.constantFrom('', ' ', '\t', '  \t ');
const fields = fc.array(fc.tuple(name, value), { maxLength: 5 });
const content = fc.string({ unit: fc.constantFrom(...'ab\r\n0\0\xff'), maxLength: 40 });
const extension = fc.constantFrom('', ';a', ';a=b', ' ; a="b c"', ' \t', ';\xe9', ';;;');

const head = (statuses: readonly number[]): fc.Arbitrary<HeadModel> =>
  fc.record({ status: fc.constantFrom(...statuses), reason: value, headers: fields });

export const anyResponse: fc.Arbitrary<ResponseModel> = fc
  .record({
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'PROPFIND'),
    interims: fc.array(head([100, 102, 103, 199]), { maxLength: 2 }),
    head: head([200, 201, 204, 206, 299, 304, 404, 500, 999]),
    wanted: fc.constantFrom('length', 'chunked', 'close'),
    chunks: fc.array(fc.tuple(content, extension, fc.boolean()), { maxLength: 4 }),
    trailers: fields,
    blank: blanks,
  })
  .map(({ method, interims, head: final, wanted, chunks, trailers, blank }) => {
    const bodiless = method === 'HEAD' || final.status === 204 || final.status === 304;
    const framing = bodiless ? 'none' : (wanted as 'length' | 'chunked' | 'close');
    const body = bodiless ? '' : chunks.map(([text]) => text).join('');
    const announced = wanted === 'length' ? [`Content-Length:${blank}${body.length}`] : [];
    if (wanted === 'chunked') announced.push(`transfer-ENCODING:${blank}Chunked`);
    const text =
      interims.map((interim) => headText(interim, [], blank)).join('') +
      headText(final, announced, blank) +
      (framing === 'chunked' ? chunked(chunks, trailers, blank) : body);
    return {
      method,
      interims,
      head: final,
      framing,
      body,
      trailers: framing === 'chunked' ? trailers : [],
      bytes: Buffer.from(text, 'latin1'),
    };
  });

function headText({ status, reason, headers }: HeadModel, announced: readonly string[], blank: string): string {
  const lines = [...headers.map((field) => line(field, blank)), ...announced];
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.map((each) => `${each}\r\n`).join('')}\r\n`;
}

function line([fieldName, fieldValue]: readonly [string, string], blank: string): string {
  return `${fieldName}:${blank}${fieldValue}${fieldValue === '' ? '' : blank}`;
}

function chunked(
  chunks: readonly (readonly [string, string, boolean])[],
  trailers: ResponseModel['trailers'],
  blank: string,
): string {
  const parts = chunks
    .filter(([text]) => text !== '')
    .map(([text, extension, upper]) => {
      const size = text.length.toString(16);
      return `${upper ? `0${size.toUpperCase()}` : size}${extension}\r\n${text}\r\n`;
    });
  return `${parts.join('')}0\r\n${trailers.map((field) => `${line(field, blank)}\r\n`).join('')}\r\n`;
}
