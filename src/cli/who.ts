import { hostname, userInfo } from 'node:os';

/** Whom the history names: the operating system's user, or whoever a pipeline says it acts for. */
export function whoIsActing(env: NodeJS.ProcessEnv): string {
  const named = env.STRANGLER_WHO?.trim();
  return named ? named : `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user need not have an entry in /etc/passwd.
    return `uid${process.getuid?.() ?? ''}`;
  }
}
