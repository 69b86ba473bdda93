/** Why a proxy could not start, in lines for the operator. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: 'invalid-settings' | 'no-state' | 'no-port';
  readonly lines: readonly string[];

  constructor(code: StartError['code'], lines: readonly string[], options?: ErrorOptions) {
    super(lines.join('\n'), options);
    this.code = code;
    this.lines = lines;
  }
}

/** Names the port and the key of routes.yaml that moves it. */
export function listenFailure(
  section: 'listen' | 'admin',
  { host, port }: { readonly host: string; readonly port: number },
  error: NodeJS.ErrnoException,
): StartError {
  const place = `port ${port} on ${host}`;
  const way = `or change ${section}.port in routes.yaml`;
  const sentences: Readonly<Record<string, string>> = {
    EADDRINUSE: `${place} is already taken: end what listens there, ${way}`,
    EACCES: `${place} may not be listened on by this user: use a port above 1023 (${section}.port), or grant the right`,
    EADDRNOTAVAIL: `${host} is no address of this machine: change ${section}.host in routes.yaml`,
    ENOTFOUND: `${host} is no address of this machine: change ${section}.host in routes.yaml`,
  };
  const line = sentences[error.code ?? ''] ?? `${place} can't be listened on: ${error.message}`;
  return new StartError('no-port', [line], { cause: error });
}
