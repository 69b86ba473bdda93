import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

// A low work factor: these passwords are printed on the login page, and a fresh shop must seed at once.
const cost = { N: 1024 };

export interface PasswordHash {
  readonly salt: string;
  readonly hash: string;
}

export function hashPassword(password: string, salt = randomBytes(16).toString('hex')): PasswordHash {
  return { salt, hash: scryptSync(password, salt, 32, cost).toString('hex') };
}

export function passwordMatches(password: string, stored: PasswordHash): boolean {
  const offered = Buffer.from(hashPassword(password, stored.salt).hash, 'hex');
  return timingSafeEqual(offered, Buffer.from(stored.hash, 'hex'));
}
