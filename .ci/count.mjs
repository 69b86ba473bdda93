// The closing line of a test run: how many tests passed and failed, from vitest's JSON report. A suite that could
// not even be loaded counts as a failure.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
const failed = report.numFailedTests + unloaded.length;
for (const file of unloaded) console.log(`could not run ${file.name}: ${file.message}`);
console.log(`${report.numPassedTests} passed, ${failed} failed`);
if (failed > 0 || report.numPassedTests === 0) process.exit(1);
