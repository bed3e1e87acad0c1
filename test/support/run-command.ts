import type { Command } from 'commander';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process, from its words to its exit code, and captures its output. */
export async function runCommand(
  words: readonly string[],
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<Ended> {
  const { main } = await import('#cli/program.ts');
  const before = { ...process.env };
  const out = capture(process.stdout);
  const err = capture(process.stderr);
  try {
    setVariables(variables);
    const code = await main(['node', 'tripcast', ...words]);
    return { code, out: out.text(), err: err.text() };
  } finally {
    out.release();
    err.release();
    process.exitCode = undefined;
    setVariables({ ...Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined])), ...before });
  }
}

function capture(stream: NodeJS.WriteStream) {
  const write = stream.write;
  let text = '';
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const written = rest.at(-1); // a command waits for its result to be written
    if (typeof written === 'function') written();
    return true;
  };
  return {
    text: () => text,
    release: () => {
      stream.write = write;
    },
  };
}

function setVariables(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** The names of all commands that can be run, for example `models list`. */
export const commandNames = (of: Command, prefix = ''): readonly string[] =>
  of.commands.flatMap((command) =>
    command.commands.length === 0
      ? [`${prefix}${command.name()}`]
      : commandNames(command, `${prefix}${command.name()} `),
  );

/** The name that a command line begins with, if any. */
export const nameOf = (words: readonly string[], names: readonly string[]): string | undefined =>
  names.find((name) => `${words.join(' ')} `.startsWith(`${name} `));
