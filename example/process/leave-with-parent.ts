/**
 * Preloaded into a process that knows nothing of who started it: when that one is gone, even by kill -9, the
 * channel between them closes, and this one is asked to stop as if by hand.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// Listening alone would keep the process alive when its own work is done.
process.channel?.unref();
