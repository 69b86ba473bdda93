import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an `Authorization` field bears this token; takes as long for a wrong one as for the right one. */
export function bearsToken(authorization: string | undefined, token: string): boolean {
  const [, given] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
