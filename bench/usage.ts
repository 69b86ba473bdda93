/** What a process has used. Linux tells it in /proc; elsewhere `ps` does, with less detail. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const hasProc = process.platform === 'linux';
const ticksPerSecond = hasProc ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : 0;

/** CPU seconds of all threads, user and system together. */
export function cpuSeconds(pid: number): number {
  if (!hasProc) return secondsOf(ps(pid, 'time='));
  return secondsIn(`/proc/${pid}/stat`);
}

/** The same of the main thread alone; where threads can't be told apart, of all. */
export function mainThreadSeconds(pid: number): number {
  return hasProc ? secondsIn(`/proc/${pid}/task/${pid}/stat`) : cpuSeconds(pid);
}

function secondsIn(file: string): number {
  const stat = readFileSync(file, 'latin1');
  // The second field is the command's name, which may hold spaces; the counts follow its closing bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory now, in MiB. */
export function residentMiB(pid: number): number {
  return hasProc ? statusMiB(pid, 'VmRSS') : Number(ps(pid, 'rss=')) / 1024;
}

/** The most that was resident since {@link forgetPeak}; where no system keeps it, what is resident now. */
export function peakMiB(pid: number): number {
  return hasProc ? statusMiB(pid, 'VmHWM') : residentMiB(pid);
}

export function forgetPeak(pid: number): void {
  if (hasProc) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Open file descriptors, sockets among them; `null` where it can't be seen. */
export function openFiles(pid: number): number | null {
  return hasProc ? readdirSync(`/proc/${pid}/fd`).length : null;
}

function statusMiB(pid: number, field: string): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(line?.[1]) / 1024;
}

function ps(pid: number, format: string): string {
  return execFileSync('ps', ['-o', format, '-p', String(pid)], { encoding: 'utf8' }).trim();
}

/** `[[dd-]hh:]mm:ss.cc` */
function secondsOf(time: string): number {
  const [clock, days = '0'] = time.split('-').reverse() as [string, string?];
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}
