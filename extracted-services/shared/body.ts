import type { Context } from 'hono';
import type * as z from 'zod';
import { ApiError } from './answer.ts';

const longestBody = 256 * 1024;

/** The request's JSON as `schema` wants it; what is wrong is said as the monolith says it. */
export async function readJson<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/json') throw new ApiError(415, 'unsupported_media_type', 'Send application/json.');
  const result = schema.safeParse(parsed(await bounded(c)));
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new ApiError(422, 'invalid', problems.join('; '));
}

async function bounded(c: Context): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    length += chunk.length;
    if (length > longestBody) throw new ApiError(413, 'too_large', `The body is larger than ${longestBody} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, 'malformed_json', 'The body is not valid JSON.');
  }
}
