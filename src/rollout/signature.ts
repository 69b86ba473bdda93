import { createHmac } from 'node:crypto';

/** `x-strangler-signature` of a body that is sent at `timestamp`: over both, so that neither can be used for another. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}
