import { runService } from '../shared/run.ts';
import { orders } from './service.ts';

runService(orders);
