import { runService } from '../shared/run.ts';
import { ordersWithSwitch } from './switch.ts';

runService(ordersWithSwitch(process.env.ORDERS_DEFECTS === 'on'));
