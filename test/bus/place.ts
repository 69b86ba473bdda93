/** Threads and child processes run what `npm run build` has made: Node 20 reads no TypeScript. */
export const compiledBusWorker = new URL('../../dist/src/bus/sqlite-worker.js', import.meta.url);
