// The closing line of a test run: how many tests passed and failed, from vitest's JSON report. A suite that failed
// outside its tests, in loading or in cleaning up, counts as one more.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const broken = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed'),
);
const failed = report.numFailedTests + broken.length;
for (const file of broken) console.log(`failed outside its tests: ${file.name}: ${file.message}`);
console.log(`${report.numPassedTests} passed, ${failed} failed`);
if (failed > 0 || report.numPassedTests === 0) process.exit(1);
