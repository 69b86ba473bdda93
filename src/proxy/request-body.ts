import type { Readable } from 'node:stream';
import { fieldCode, OTHER } from '../domain/fields.ts';
import type { Sweepable, Sweeper, Tap, TargetConnection } from '../ports.ts';
import { isSameField } from './request-head.ts';

/** The caller's request as a source of body bytes; HTTP/1 and HTTP/2 requests both are. */
export type BodySource = Readable & {
  readonly rawTrailers: readonly string[];
  /** Of an HTTP/2 request. One that is closed when the body ends was reset: its body only looks complete. */
  readonly stream?: { readonly closed: boolean };
};

/** Bodies up to this many bytes are kept, where keeping them lets someone be asked after a failure. */
const keptBytes = 64 * 1024;

/** How long a caller may go on sending a body that nobody wants any more, in ms. */
const lingerMilliseconds = 5_000;

const nothingYet: readonly Buffer[] = [];

export interface BodyOwner {
  /** The caller sent nothing for too long. */
  onBodyStalled(): void;
  /** The caller broke its body off. */
  onCallerGone(): void;
}

export interface BodyNature {
  readonly chunked: boolean;
  /** Whether it may have to be sent again. */
  readonly keep: boolean;
  /** Milliseconds that may pass between two pieces of it. */
  readonly gap: number;
  readonly awaitsContinue: boolean;
  /** Stripped from the trailers as it is from the head: its secret is for nobody else. */
  readonly overrideHeader: string;
}

/** A request's body on its way from the caller to whichever target has the request now. */
export class RequestBody implements Sweepable {
  deadline = 0;
  sweepIndex = -1;
  /** The caller has sent all of it. */
  complete = false;
  /** Any of it has arrived. */
  began = false;
  /** The caller holds it back until it is told to go on. */
  awaitsContinue: boolean;
  /** Hears of every piece, whoever else takes it. */
  tap: Pick<Tap, 'requestBody' | 'requestEnd'> | null = null;

  readonly #source: BodySource;
  readonly #sweep: Sweeper;
  readonly #nature: BodyNature;
  readonly #owner: BodyOwner;
  #connection: TargetConnection | null = null;
  #flowing = false;
  #kept: Buffer[] | null;
  #keptLength = 0;
  #discarding = false;

  constructor(source: BodySource, nature: BodyNature, sweep: Sweeper, owner: BodyOwner) {
    this.#source = source;
    this.#nature = nature;
    this.awaitsContinue = nature.awaitsContinue;
    this.#kept = nature.keep ? [] : null;
    this.#sweep = sweep;
    this.#owner = owner;
  }

  /** Every byte that has left the caller, to be sent again; `undefined` where that can't be done. */
  replay(): readonly Buffer[] | undefined {
    return this.#kept ?? (this.began ? undefined : nothingYet);
  }

  /** Sends what is kept, then what comes, to `connection`, whose request head has just been written. */
  attach(connection: TargetConnection): void {
    this.#connection = connection;
    for (const chunk of this.replay() ?? nothingYet) this.#write(chunk);
    if (this.complete) {
      this.#finish();
      return;
    }
    if (this.#flowing) this.#source.resume();
    else this.#flow();
    this.#expectMore();
  }

  /** The target that had it is gone; another may follow. */
  detach(): void {
    this.#connection = null;
    this.deadline = 0;
    if (this.#flowing && !this.complete) this.#source.pause();
  }

  /** The caller has been told to go on. */
  onContinue(): void {
    this.awaitsContinue = false;
    if (!this.complete) this.#expectMore();
  }

  /** The target takes more again. */
  onDrain(): void {
    if (this.complete || this.#connection === null) return;
    this.#source.resume();
    this.#expectMore();
  }

  /** Nobody wants the rest: it is read for a while and thrown away, so that the caller gets to read its answer. */
  discard(): void {
    this.#connection = null;
    this.#kept = null;
    if (this.complete) {
      this.close();
      return;
    }
    this.#discarding = true;
    if (!this.#flowing) this.#flow();
    this.#source.resume();
    this.deadline = this.#sweep.after(lingerMilliseconds);
    this.#sweep.add(this);
  }

  close(): void {
    this.deadline = 0;
    this.#sweep.remove(this);
  }

  expire(): void {
    this.close();
    this.#owner.onBodyStalled();
  }

  #flow(): void {
    this.#flowing = true;
    this.#source.on('data', (chunk: Buffer) => this.#onData(chunk));
    this.#source.on('end', () => this.#onEnd());
    this.#source.on('close', () => this.close());
    this.#sweep.add(this);
  }

  #onData(chunk: Buffer): void {
    this.began = true;
    this.awaitsContinue = false;
    this.tap?.requestBody(chunk);
    if (this.#discarding) return;
    if (this.#kept !== null) this.#keep(chunk);
    if (this.#connection === null) return;
    if (this.#write(chunk)) this.#expectMore();
    else {
      this.#source.pause();
      this.deadline = 0;
    }
  }

  #keep(chunk: Buffer): void {
    this.#keptLength += chunk.length;
    if (this.#keptLength > keptBytes) this.#kept = null;
    else this.#kept!.push(chunk);
  }

  #write(chunk: Buffer): boolean {
    const connection = this.#connection!;
    if (!this.#nature.chunked) return connection.write(chunk);
    connection.cork();
    connection.write(`${chunk.length.toString(16)}\r\n`);
    connection.write(chunk);
    const more = connection.write('\r\n');
    connection.uncork();
    return more;
  }

  #onEnd(): void {
    if (this.#source.stream?.closed) {
      this.close();
      this.#owner.onCallerGone();
      return;
    }
    this.complete = true;
    this.close();
    this.tap?.requestEnd();
    if (this.#connection !== null) this.#finish();
  }

  #finish(): void {
    const connection = this.#connection!;
    if (this.#nature.chunked)
      connection.write(`0\r\n${trailerSection(this.#source.rawTrailers, this.#nature.overrideHeader)}\r\n`);
    connection.endRequest();
  }

  /** The clock runs against the caller, except while it is the target who makes it wait. */
  #expectMore(): void {
    this.deadline = this.awaitsContinue ? 0 : this.#sweep.after(this.#nature.gap);
  }
}

function trailerSection(flat: readonly string[], overrideHeader: string): string {
  const kept = keptTrailers(flat, overrideHeader);
  let text = '';
  for (let i = 0; i < kept.length; i += 2) text += `${kept[i]}: ${kept[i + 1]}\r\n`;
  return text;
}

/** Fields that would change how a message is framed, routed, authenticated or read (RFC 9110 section 6.5.1). */
const notInTrailers =
  /^(?:authorization|www-authenticate|proxy-authenticate|content-(?:encoding|type|range|location)|range|if-.*|age|cache-control|cookie|date|expires|pragma|retry-after|vary|warning|set-cookie2?|x-strangler-.*)$/i;

/** The trailers that may be handed on; `overrideHeader` is ours, and goes to no target. */
export function keptTrailers(flat: readonly string[], overrideHeader: string | null = null): readonly string[] {
  if (flat.length === 0) return flat;
  const kept: string[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    if (fieldCode(name) !== OTHER || notInTrailers.test(name)) continue;
    if (overrideHeader === null || !isSameField(name, overrideHeader)) kept.push(name, flat[i + 1]!);
  }
  return kept;
}
