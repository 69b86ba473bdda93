import { z } from 'zod';
import { instanceUrl } from './addresses.ts';
import { environmentPattern, textLeaf, Unacceptable } from './leaf.ts';
import { bulkhead, circuit, ejection, health, retry } from './policy-schema.ts';
import { quote } from './problem.ts';
import { choice, duration, flag, text } from './scalars.ts';
import { either, section } from './sections.ts';
import { didYouMean } from './suggest.ts';

/** What differs between legacy, which may do whatever it does today, and a service, which is new. */
interface TargetDefaults {
  readonly connect: string;
  readonly response: string;
  readonly idle: string;
  /** Of the policies that are on by themselves for a service. */
  readonly policies: 'off' | 'on';
}

const discoverShapes = 'must be static, dns or { file: PATH }';

const discover = either(discoverShapes, [
  textLeaf(
    'static or dns',
    (written) => {
      if (written === 'static' || written === 'dns') return written;
      throw new Unacceptable(`${discoverShapes}, not ${quote(written)}${didYouMean(written, ['static', 'dns'])}`);
    },
    {
      anyOf: [
        { type: 'string', enum: ['static', 'dns'] },
        { type: 'string', pattern: environmentPattern },
      ],
    },
  ),
  section({
    file: text('the path of a file').describe('Lists base URLs, one a line, and is read again when it changes.'),
  }),
]);

/** `legacy`, or a service. That it has one of `url` and `urls` is checked across keys; editors are told here. */
export function target(defaults: TargetDefaults) {
  const policy = defaults.policies === 'off' ? 'off' : {};
  return section({
    url: instanceUrl().optional().describe('Base URL. A path in it is put before the forwarded path.'),
    urls: z
      .array(instanceUrl())
      .min(1)
      .optional()
      .describe('Base URLs of several instances, used in turn; takes the place of `url`.'),
    discover: discover
      .prefault('static')
      .describe(
        'Where instances are found: static (as listed), dns (every address of a listed name) or { file: PATH }.',
      ),
    balance: choice(['round-robin', 'least-pending'])
      .prefault('round-robin')
      .describe('Who is next: each in turn, or of two chosen by chance the one with fewer requests under way.'),
    slowStart: duration({ allowZero: true })
      .prefault(defaults.policies === 'off' ? '0' : '10s')
      .describe('Over how long an instance that is new or back grows into its share; 0 is off.'),
    health: health().optional().describe('Asks every instance now and then whether it is well. Absent: nobody asks.'),
    ejection: ejection()
      .prefault(policy)
      .describe('Leaves an instance alone for a while that failed in a row; or off.'),
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
      total: duration({ allowZero: true })
        .prefault('0')
        .describe('From the first attempt until the head of the answer, retries included; 0 is off.'),
    })
      .prefault({})
      .describe('How long this target may take.'),
    retry: retry().prefault(policy).describe('Sends a request again that may be sent twice, within a budget; or off.'),
    circuit: circuit().prefault(policy).describe('Stops asking, route by route, while it keeps failing; or off.'),
    bulkhead: bulkhead().prefault(policy).describe('How many requests it may have under way at a time; or off.'),
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
  }).meta({
    // Or neither, where a file lists them.
    not: { required: ['url', 'urls'] },
  });
}
