import { runService } from '../shared/run.ts';
import { inventory } from './service.ts';

await runService(inventory);
