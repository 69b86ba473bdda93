/** The environment that `${NAME}` reads. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface Interpolated {
  readonly text: string;
  /** What is wrong with the references, one sentence each. */
  readonly wrong: readonly string[];
}

// In this order: an escaped reference, a well-formed one, and anything else that begins like one.
const reference = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{[^}]*\}?/g;

/**
 * Puts the environment's values in the place of `${NAME}` and `${NAME:-default}`; `$${` stands for a literal
 * `${`. A default also stands in for an empty variable, as in a shell.
 */
export function interpolate(text: string, env: Environment): Interpolated {
  const wrong: string[] = [];
  const replaced = text.replace(reference, (whole, name: string | undefined, fallback: string | undefined) => {
    if (whole === '$${') return '${';
    if (name === undefined) {
      wrong.push(`"${whole}" is no reference to the environment; write \${NAME} or \${NAME:-default}`);
      return '';
    }
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined && (value !== '' || fallback === undefined)) return value;
    if (fallback !== undefined) return fallback;
    wrong.push(`the environment variable ${name} is not set (\${${name}:-default} would give it a default)`);
    return '';
  });
  return { text: replaced, wrong };
}

/** Whether a text reads the environment, so that its bytes in the file are not its value. */
export function readsEnvironment(text: string): boolean {
  return text.includes('${');
}
