import { expect } from 'vitest';
import { differences } from './documented-keys.ts';
import { type Ended, runCommand } from './run-command.ts';

/** What is expected of a command: its words, without --json, and how it exits. */
export interface CommandRow {
  readonly words: readonly string[];
  readonly code?: number;
}

/** Runs a command with --json in this process: it prints JSON alone, with the keys that docs/cli.md gives it. */
export async function expectDocumentedJson(
  command: string,
  { words, code = 0 }: CommandRow,
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<void> {
  expectDocumented(command, await runCommand([...words, '--json'], variables), code);
}

export function expectDocumented(command: string, { code, out, err }: Ended, wanted = 0): void {
  expect(code, err).toBe(wanted);
  const lines = out.trimEnd().split('\n');
  for (const line of lines) expect(differences(command, JSON.parse(line)), line).toEqual([]);
}

/** The commands that the unit tests run; all others run in the integration tests. */
export const WITHOUT_ENVIRONMENT = ['backtest', 'cost', 'doctor', 'down', 'drift', 'score', 'serve', 'status'] as const;
