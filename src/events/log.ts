/**
 * Two streams, so that nobody has to parse them apart: what happened goes to standard error, finished requests
 * (when `accessLog` is on) to standard output. Each is JSON lines, or short lines for a human when it is a terminal.
 */
import { type DestinationStream, type Logger, pino } from 'pino';
import { printable } from '../domain/printable.ts';
import type { AccessLine, AccessLog, DomainEvent, EventSink } from '../ports.ts';
import { type Level, levelOf, sentenceOf } from './sentence.ts';

interface LogOutput {
  readonly stream: DestinationStream;
  /** Short lines instead of JSON. */
  readonly human: boolean;
}

/** Writes every event that it hears of. */
export function createEventLog({ stream, human }: LogOutput): EventSink {
  if (human) {
    return { emit: (event) => void stream.write(humanEvent(event, new Date())) };
  }
  const logger = jsonLogger(stream);
  return {
    emit(event) {
      const { type, ...facts } = event;
      logger[levelOf(event)]({ event: type, ...printableFacts(facts) }, sentenceOf(event));
    },
  };
}

/** Writes a line for every finished request. */
export function createAccessLog({ stream, human }: LogOutput): AccessLog {
  if (human) return (line) => void stream.write(humanAccess(line, new Date()));
  const logger = jsonLogger(stream);
  return (line) =>
    logger.info({
      method: printable(line.method),
      path: pathOnly(line.path),
      status: line.status,
      route: line.route,
      target: line.target,
      ms: rounded(line.milliseconds),
      bytes: line.bytes,
    });
}

function jsonLogger(stream: DestinationStream): Logger {
  return pino(
    {
      // Host name and pid are what the platform's collector adds anyway.
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}

/** JSON escapes control characters, but whoever prints a decoded field would get them back. */
function printableFacts(facts: object): object {
  return JSON.parse(JSON.stringify(facts), (_key, value) => (typeof value === 'string' ? printable(value) : value));
}

const marks: Record<Level, string> = { info: ' ', warn: '!', error: '✗' };

function humanEvent(event: DomainEvent, at: Date): string {
  return `${clockTime(at)} ${marks[levelOf(event)]} ${sentenceOf(event)}\n`;
}

function humanAccess(line: AccessLine, at: Date): string {
  const request = `${printable(line.method)} ${pathOnly(line.path)}`;
  return `${clockTime(at)}   ${line.status} ${request}  ${line.route} → ${line.target}  ${rounded(line.milliseconds)} ms  ${line.bytes} B\n`;
}

/** A query carries tokens and names; whoever hands a whole request target in shall not make us write them. */
function pathOnly(path: string): string {
  const query = path.indexOf('?');
  return printable(query === -1 ? path : path.slice(0, query));
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

function clockTime(at: Date): string {
  return at.toTimeString().slice(0, 8);
}
