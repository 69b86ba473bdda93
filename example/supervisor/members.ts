/** One process of the example, and what has to be known to start it. */
export interface Member {
  readonly name: string;
  /** Arguments for node: the script first. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** It says so itself, or a URL answers 200. */
  readonly ready: 'says-so' | { readonly url: string };
  /** Should it die, the others go on: what the proxy makes of that is worth a look. */
  readonly mayDie?: true;
}

export const portNames = [
  'port',
  'admin-port',
  'legacy-port',
  'inventory-port',
  'payments-port',
  'orders-port',
  'gateway-port',
] as const;
export type PortName = (typeof portNames)[number];
export type Ports = Readonly<Record<PortName, number>>;

/** What routes.yaml reads them from, as far as it names them, each with the same default there. */
export const portVariables: Readonly<Record<PortName, string>> = {
  port: 'PORT',
  'admin-port': 'ADMIN_PORT',
  'legacy-port': 'LEGACY_PORT',
  'inventory-port': 'INVENTORY_PORT',
  'payments-port': 'PAYMENTS_PORT',
  'orders-port': 'ORDERS_PORT',
  'gateway-port': 'GATEWAY_PORT',
};

export const defaultPorts: Ports = {
  port: 8080,
  'admin-port': 9090,
  'legacy-port': 3000,
  'inventory-port': 4001,
  'payments-port': 4002,
  'orders-port': 4003,
  'gateway-port': 4004,
};

export interface Places {
  /** The project's folder. */
  readonly root: string;
  readonly routes: string;
  /** Where the databases are. */
  readonly data: string;
  readonly ports: Ports;
  /** What the monolith's export and the services' want to see. */
  readonly exportToken: string;
  /** Where the proxy tells its events and the services theirs, as routes.yaml says; '': each process keeps them to itself. */
  readonly bus: string;
  /** The orders service runs with the mistakes that shadowing is there to find. */
  readonly defects: boolean;
}

const services = ['inventory', 'payments', 'orders'] as const;

/** In the order in which they need each other; whoever is in the same row starts at the same time. */
export function membersOf({
  root,
  routes,
  data,
  ports,
  exportToken,
  bus,
  defects,
}: Places): readonly (readonly Member[])[] {
  // By the environment: what stands on a command line, everybody on the machine can read.
  const secret = { EXPORT_TOKEN: exportToken, EVENT_BUS: bus };
  const at = (name: PortName): string => `http://127.0.0.1:${ports[name]}`;
  const db = (name: string): string => `${data}/${name}.db`;
  const monolith: Member = {
    name: 'monolith',
    command: [`${root}/dist/legacy-monolith/main.js`, '--port', String(ports['legacy-port']), '--db', db('shop')],
    env: secret,
    ready: 'says-so',
  };
  const gateway: Member = {
    name: 'gateway',
    command: [
      `${root}/dist/extracted-services/gateway/main.js`,
      '--port',
      String(ports['gateway-port']),
      '--db',
      db('gateway'),
    ],
    env: {},
    ready: 'says-so',
    mayDie: true,
  };
  const extracted = services.map((name): Member => {
    const port = String(ports[`${name}-port`]);
    const script = `${root}/dist/extracted-services/${name}/main.js`;
    return {
      name,
      command: [
        script,
        ...['--port', port, '--db', db(name), '--monolith', at('legacy-port')],
        ...(name === 'inventory' ? [] : ['--gateway', at('gateway-port')]),
      ],
      env: { ...secret, ...(name === 'orders' ? { ORDERS_DEFECTS: defects ? 'on' : 'off' } : {}) },
      ready: 'says-so',
      mayDie: true,
    };
  });
  const proxy: Member = {
    name: 'proxy',
    // The proxy knows nothing of this example; the preload lets it leave when the example does.
    command: [
      '--import',
      `${root}/dist/example/process/leave-with-parent.js`,
      `${root}/bin/strangler.js`,
      'start',
      '-c',
      routes,
    ],
    env: Object.fromEntries(portNames.map((name) => [portVariables[name], String(ports[name])])),
    ready: { url: `http://127.0.0.1:${ports['admin-port']}/readyz` },
  };
  return [[monolith, gateway], extracted, [proxy]];
}
