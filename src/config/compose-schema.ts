import { z } from 'zod';
import { type PartValue, partValueOf } from '../domain/compose/part.ts';
import { textLeaf, Unacceptable } from './leaf.ts';
import { rewritePath, token } from './matching.ts';
import { name } from './names.ts';
import { quote } from './problem.ts';
import { duration, flag, size } from './scalars.ts';
import { section } from './sections.ts';

/** A letter first: JSON readers put keys that look like numbers before all others. */
const partName = /^[A-Za-z][A-Za-z0-9_-]{0,99}$/;

function nameOfPart() {
  return textLeaf(
    'the name of a part',
    (written) => {
      if (partName.test(written)) return written;
      const rule = 'a letter, then letters, digits, "_" and "-", at most 100';
      throw new Unacceptable(`${quote(written)} is not the name of a part: ${rule}`);
    },
    { pattern: partName.source },
  );
}

function partValue() {
  return textLeaf(
    'text, path:NAME, query:NAME or header:NAME; quote numbers, true and false',
    (written): PartValue => {
      const value = partValueOf(written);
      if (value.from === 'header' && !token.test(value.name)) {
        throw new Unacceptable(`${quote(value.name)} is not the name of a header`);
      }
      if (value.from === 'text' && /^(?:path|query|header):$/.test(written)) {
        throw new Unacceptable(`${quote(written)} lacks a name`);
      }
      return value;
    },
    { examples: ['path:id', 'query:page', 'header:x-tenant'] },
  );
}

const part = section({
  service: name('the name of a service').describe('The service that is asked for this part.'),
  path: rewritePath().describe("The service's own path; `:names` and a final `*` come from the match."),
  query: z
    .record(z.string(), partValue())
    .prefault({})
    .describe('Query parameters: text, or `path:id`, `query:page`, `header:x-tenant` from the request.'),
  required: flag()
    .prefault(false)
    .describe('Without it there is no composed answer: legacy answers, or the caller gets an error.'),
  timeout: duration()
    .optional()
    .describe("For all of it, retries included. Absent: the service's `timeout.response`, at most 2s."),
  spread: flag().prefault(false).describe('Puts the members of its object into the answer, instead of under its name.'),
  limit: size({ most: '16MiB' }).prefault('1MiB').describe('How large its body may be.'),
});

/** By name, in the order in which they stand in the answer. */
export const compose = z.record(nameOfPart(), part);

export type PartEntry = z.output<typeof part>;
