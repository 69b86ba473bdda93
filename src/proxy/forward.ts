/**
 * The way of one request, from the caller's bytes to the caller's answer:
 *
 *   1. screen   — refuse what two servers could read in two ways (`server.ts`, before a Forwarding exists)
 *   2. match    — find the route on the normalised path; none means legacy
 *   3. plan     — the caller's bucket against the route's live percent says who answers
 *   4. send     — the request's head as the target shall see it, its body as it comes
 *   5. relay    — the answer's head and body, as slow as the slower side
 *   6. rescue   — where the service failed before its first byte, legacy is asked; else the error table answers
 *   7. account  — count it, and let the connection's next request begin
 *
 * Nothing here awaits: the snapshot is in memory, and everything after step 4 is driven by the two sockets.
 */
import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../domain/errors.ts';
import type { Answer, ProxyContext, TargetConnection, TargetView } from './context.ts';
import type { Abortable, CallerSocket } from './caller-socket.ts';
import { type Decision, debugHeaders, newCallerCookie } from './decide.ts';
import type { Reply } from './reply.ts';
import { problem } from './rescue.ts';
import { hasBody, requestHead } from './request-head.ts';
import { isSharedCacheable, type Naming, responseHeaders } from './response-head.ts';
import { RequestBody } from './request-body.ts';
import type { Screened } from './screen.ts';
import { keptTrailers } from './trailers.ts';
