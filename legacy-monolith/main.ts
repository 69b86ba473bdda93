import { portNumber, readOptions } from '../example/process/options.ts';
import { serveUntilStopped } from '../example/process/serve.ts';
import { shopServer } from './server.ts';
import { openShop } from './shop.ts';

const name = 'legacy-monolith';
const options = readOptions(name, { port: '3000', host: '127.0.0.1', db: 'example/data/shop.db', 'export-token': '' });
const port = portNumber(name, options.port);

const shop = openShop(options.db);
const { server, closeStreams } = shopServer(shop, {
  // Not as the option's default: that one is shown to whoever mistypes an option.
  exportToken: options['export-token'] || (process.env.EXPORT_TOKEN ?? ''),
});
serveUntilStopped({ name, server, host: options.host, port, draining: closeStreams, stopped: shop.close });
