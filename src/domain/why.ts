import { OWN_COOKIE, thresholdOf } from './caller.ts';
import { errors } from './errors.ts';
import type { Plan } from './plan.ts';
import type { Route } from './settings.ts';

export const whyUnmatched = 'No route matches, so legacy answers.';

export function whyRefused(method: string): string {
  return `${method} is never forwarded: the proxy answers ${errors['method-refused'].status} (method-refused) itself.`;
}

/** A plan's reason in one plain sentence. */
export function whyOf(plan: Plan, { id, service }: Route, percent: number, bucket: number | null): string {
  const answers = plan.primary === 'legacy' ? 'legacy' : service;
  switch (plan.reason) {
    case 'unmatched':
      return whyUnmatched;
    case 'override':
      return `The override header asks for ${answers}, so ${answers} answers.`;
    case 'retired':
      return `Legacy's part of ${id} is retired, so ${answers} answers and nobody stands in for it.`;
    case 'percent-0':
    case 'percent-100':
      return `${id} is at ${percent} %, so ${answers} answers every caller.`;
    case 'unidentified':
      return `${id} is at ${percent} %, but nothing identifies the caller yet, so legacy answers and hands out the cookie ${OWN_COOKIE}.`;
    case 'bucket': {
      const side = plan.primary === 'service' ? 'below' : 'not below';
      return `${id} is at ${percent} % and the caller's bucket ${bucket} is ${side} ${thresholdOf(percent)}, so ${answers} answers.`;
    }
  }
}
