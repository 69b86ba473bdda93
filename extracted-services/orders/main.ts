import { runService } from '../shared/run.ts';
import { orders, ordersWithDefects } from './service.ts';

runService(process.env.ORDERS_DEFECTS === 'on' ? ordersWithDefects : orders);
