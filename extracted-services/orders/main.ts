import { runService } from '../shared/run.ts';
import { ordersWithSwitch } from './switch.ts';

await runService(ordersWithSwitch(process.env.ORDERS_DEFECTS === 'on'));
