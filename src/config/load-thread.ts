/** The thread that reads one routes.yaml for {@link loadAside}, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadSettings } from './load.ts';
import type { Order } from './load-aside.ts';

const { file, env } = workerData as Order;
parentPort!.postMessage(await loadSettings(file, env));
