import { createRequire } from 'node:module';

/** By the package's own name, which leads to the same file from the sources and from what is built of them. */
export const version: string = createRequire(import.meta.url)('strangler-proxy/package.json').version;
