/**
 * A function of the embedding program's, which is called in the middle of requests: that it throws costs a warning, and no
 * request anything. The first time says it all.
 */
export function guarded<Told>(name: string, hook: (told: Told) => void): (told: Told) => void {
  let hasWarned = false;
  return (told) => {
    try {
      hook(told);
    } catch (error) {
      if (hasWarned) return;
      hasWarned = true;
      process.emitWarning(`${name} threw: ${String((error as Error)?.stack ?? error)}`, 'StranglerWarning');
    }
  };
}
