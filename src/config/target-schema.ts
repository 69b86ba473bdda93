import { z } from 'zod';
import { instanceUrl } from './addresses.ts';
import { choice, duration, flag, text } from './scalars.ts';
import { section } from './sections.ts';

/** What differs between legacy, which may do whatever it does today, and a service, which is new. */
interface TargetDefaults {
  readonly connect: string;
  readonly response: string;
  readonly idle: string;
}

/** `legacy`, or a service. That it has one of `url` and `urls` is checked across keys; editors are told here. */
export function target(defaults: TargetDefaults) {
  return section({
    url: instanceUrl().optional().describe('Base URL. A path in it is put before the forwarded path.'),
    urls: z
      .array(instanceUrl())
      .min(1)
      .optional()
      .describe('Base URLs of several instances, used in turn; takes the place of `url`.'),
    balance: choice(['round-robin'], ['least-pending'])
      .prefault('round-robin')
      .describe('How requests are shared out among the instances.'),
    timeout: section({
      connect: duration({ allowZero: true })
        .prefault(defaults.connect)
        .describe('Until the connection stands; 0 is off.'),
      response: duration({ allowZero: true })
        .prefault(defaults.response)
        .describe('From the whole request until the head of the answer; 0 is off.'),
      idle: duration({ allowZero: true })
        .prefault(defaults.idle)
        .describe('The longest gap between two pieces of a body; 0 is off.'),
    })
      .prefault({})
      .describe('How long this target may take.'),
    host: choice(['preserve', 'target'])
      .prefault('preserve')
      .describe("Which Host the target sees: the caller's (preserve), or its own (target)."),
    via: flag().prefault(true).describe('Adds our Via to requests; some servers stop compressing when they see one.'),
    tls: section({
      ca: text('the path of a PEM file')
        .optional()
        .describe("PEM file of the authorities to trust instead of the system's, relative to this file."),
      servername: text('a server name').optional().describe("The name to ask for and to verify, if not the URL's."),
      verify: flag().prefault(true).describe('false trusts any certificate.'),
    })
      .prefault({})
      .describe('For https URLs.'),
    writes: choice(['shared', 'synced', 'separate'])
      .prefault('separate')
      .describe('How its data keeps step with legacy: one database (shared), kept in step (synced), or not at all.'),
  }).meta({ oneOf: [{ required: ['url'] }, { required: ['urls'] }] });
}
