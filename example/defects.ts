/** `npm run example:defects -- on`: gives the running orders service its two mistakes, or takes them away again. */
import { onOrOff } from './process/options.ts';
import { defaultPorts } from './supervisor/members.ts';

const program = 'npm run example:defects --';
const [wish = '', ...rest] = process.argv.slice(2);
if (wish === '' || rest.length > 0) {
  console.error(`${program} on|off`);
  process.exit(2);
}
const port = process.env.ORDERS_PORT ?? defaultPorts['orders-port'];
const defects = onOrOff(program, wish) ? 'on' : 'off';
try {
  const answer = await fetch(`http://127.0.0.1:${port}/defects/${defects}`, { method: 'PUT' });
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
  console.log(
    defects === 'on'
      ? 'The orders service makes two mistakes now: see extracted-services/orders/defects.ts.'
      : 'The orders service makes no mistakes on purpose any more.',
  );
} catch (error) {
  const { message, cause } = error as Error;
  console.error(`No orders service on port ${port} (${cause instanceof Error ? cause.message : message}): npm start.`);
  process.exitCode = 1;
}
