import type { HeaderLines } from '../domain/header-lines.ts';
import type { Copy, InstancePort, Mirrored, MirrorLane, ResponseHead, TargetPort } from '../ports.ts';
import type { CallerSocket } from './caller-socket.ts';
import type { Decision } from './decide.ts';
import { requestHead } from './request-head.ts';
import { namingFor, responseHeaders } from './response-head.ts';
import type { RawRequest, Screened } from './screen.ts';
import { type Receiver, receiverOf } from './snapshot.ts';

/** The mirror's lane for this request. Whoever overrides the plan looks at one target: there is nothing to mirror. */
export function mirrorLaneOf({ lane, plan }: Decision): MirrorLane | null {
  return lane === null || lane.mirror === null || plan.reason === 'override' ? null : lane.mirror;
}

/** What outlives a request, so that a copy of it can still be written when it has long been answered. */
export class MirroredRequest implements Mirrored {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: HeaderLines;
  readonly params: readonly string[] | null;
  readonly #httpVersion: string;
  readonly #facts: Screened;
  readonly #serviceTarget: string;
  readonly #caller: CallerSocket;
  readonly #overrideHeader: string;
  readonly #pseudonym: string;
  /** The fields of a part's head, and by what of its receiver they were written. */
  #partLines: { readonly host: string | null; readonly via: string | null; readonly lines: string } | null = null;

  constructor(
    { method, url, rawHeaders, httpVersion }: RawRequest,
    facts: Screened,
    { serviceTarget, params }: Pick<Decision, 'serviceTarget' | 'params'>,
    caller: CallerSocket,
    overrideHeader: string,
    pseudonym: string,
  ) {
    this.method = method;
    this.url = url;
    this.rawHeaders = rawHeaders;
    this.params = params;
    this.#httpVersion = httpVersion;
    this.#facts = facts;
    this.#serviceTarget = serviceTarget;
    this.#caller = caller;
    this.#overrideHeader = overrideHeader;
    this.#pseudonym = pseudonym;
  }

  get host(): string {
    return this.#facts.host;
  }

  get clientIp(): string {
    return this.#caller.clientAddress(this.rawHeaders);
  }

  get hasBody(): boolean {
    return this.#facts.hasBody;
  }

  get bodyLength(): number {
    const { chunked, contentLength } = this.#facts;
    return chunked ? -1 : Number(contentLength ?? 0);
  }

  head({ side, target, instance, bodyLength, fields, get }: Copy): string {
    const own = side === 'legacy' ? this.#facts.target : this.#serviceTarget;
    const head = requestHead(
      get === null ? this.method : 'GET',
      get ?? own,
      { ...this.#facts, chunked: false, expectsContinue: false },
      get === null ? this.rawHeaders : without(notForAGet, this.rawHeaders),
      this.#httpVersion,
      receiverOf(instance.url, target, this.#pseudonym),
      this.#caller,
      this.#overrideHeader,
    );
    const length = this.#facts.chunked && get === null ? `Content-Length: ${bodyLength}\r\n` : '';
    return `${head.slice(0, -2)}${length}${fields}\r\n`;
  }

  partHead(method: string, service: TargetPort, instance: InstancePort, target: string, fields: string): string {
    const receiver = receiverOf(instance.url, service, this.#pseudonym);
    return `${method} ${receiver.basePath}${target} HTTP/1.1\r\n${this.#linesFor(receiver)}${fields}\r\n`;
  }

  /** The parts of one answer differ in their request line, and seldom in anything else. */
  #linesFor(receiver: Receiver): string {
    const made = this.#partLines;
    if (made !== null && made.host === receiver.host && made.via === receiver.via && this.host !== '')
      return made.lines;
    const head = requestHead(
      'GET',
      '',
      { ...this.#facts, hasBody: false, chunked: false, expectsContinue: false, takesTrailers: false, upgrade: null },
      without(notForAPart, this.rawHeaders),
      this.#httpVersion,
      receiver,
      this.#caller,
      this.#overrideHeader,
    );
    const lines = head.slice(head.indexOf('\r\n') + 2, -2) + takenOfParts;
    this.#partLines = { host: receiver.host, via: receiver.via, lines };
    return lines;
  }

  told(target: TargetPort, instance: InstancePort, head: ResponseHead): HeaderLines {
    const naming = namingFor(target, instance.url, this.#facts.host, this.rawHeaders, this.#caller);
    return responseHeaders(head.headers, head.status, false, naming);
  }
}

/** Of a request that is not a GET: what its body was, on which condition and how often it was to be carried out. */
const notForAGet = /^(?:content-.*|if-.*|range|expect|idempotency-key|x-http-method(?:-override)?|x-method-override)$/i;

/** The same, and what the caller takes: a part is taken as JSON that is not compressed, whatever the caller gets. */
const notForAPart = new RegExp(`${notForAGet.source}|^accept(?:-encoding)?$`, 'i');
const takenOfParts = 'Accept: application/json, */*;q=0.5\r\nAccept-Encoding: identity\r\n';

function without(names: RegExp, rawHeaders: HeaderLines): HeaderLines {
  const kept: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!names.test(rawHeaders[i]!)) kept.push(rawHeaders[i]!, rawHeaders[i + 1]!);
  }
  return kept;
}
