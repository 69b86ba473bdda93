/** Where the commands find what `npm start` has started. */
import { resolve } from 'node:path';
import { defaultPorts, type PortName, portVariables } from '../supervisor/members.ts';
import { knownExportToken } from './token-file.ts';

const at = (name: PortName): string => `http://127.0.0.1:${process.env[portVariables[name]] ?? defaultPorts[name]}`;

export const monolithOption = { means: 'where the monolith is', value: at('legacy-port') };
export const dataOption = { means: 'where the databases and the token are', value: 'example/data' };
export const serviceUrl = (name: 'inventory' | 'payments' | 'orders'): string => at(`${name}-port`);

/** Ends the process with the way out where there is none. */
export function tokenFor(program: string, data: string): string {
  const token = knownExportToken(resolve(data));
  if (token !== undefined) return token;
  console.error(`${program}: no token in ${data}: npm start makes one, or say it by EXPORT_TOKEN`);
  process.exit(2);
}
