import { runService } from '../shared/run.ts';
import { payments } from './service.ts';

await runService(payments);
