/** docs/runbook.md, read for what it says about an alarm. */

export interface RunbookSection {
  /** `docs/runbook.md#function-errors` */
  readonly section: string;
  readonly meaning: string;
  readonly look: string;
  readonly fix: string;
  /** What its heading calls `{function}`, `{state machine}` or `{schedule}`; null for an alarm of its own. */
  readonly about: string | null;
}

export interface AlarmName {
  /** Without `tripcast-{env}-`. */
  readonly alarm: string;
  /** What the headings' placeholders stand for, for example the names of all functions for `function`. */
  readonly names: Readonly<Record<string, readonly string[]>>;
}

/** The alarms that a runbook has a section for. */
export function runbookHeadings(runbook: string): readonly string[] {
  return [...runbook.matchAll(/^### `([^`]+)`$/gm)].map(([, heading = '']) => heading);
}

/** @returns undefined if the runbook has no section for the alarm */
export function runbookSection(runbook: string, { alarm, names }: AlarmName): RunbookSection | undefined {
  const [found] = runbookHeadings(runbook).flatMap((heading) => {
    const about = subjectOf(heading, alarm, names);
    return about === undefined ? [] : [{ heading, about }];
  });
  if (found === undefined) return undefined;
  const after = runbook
    .slice(runbook.indexOf(`### \`${found.heading}\``))
    .split('\n')
    .slice(1);
  const end = after.findIndex((line) => line.startsWith('#'));
  const text = after.slice(0, end < 0 ? undefined : end).join('\n');
  const part = (name: string) => new RegExp(`^\\*\\*${name}\\.\\*\\* (.*)$`, 'm').exec(text)?.[1] ?? '';
  return {
    section: `docs/runbook.md#${anchorOf(found.heading)}`,
    meaning: part('Meaning'),
    look: part('Look'),
    fix: part('Fix'),
    about: found.about,
  };
}

const PLACEHOLDER = /\{([^}]+)\}/;

/** What the heading's placeholder stands for in the alarm's name: null if it has none; undefined if it does not fit. */
function subjectOf(heading: string, alarm: string, names: AlarmName['names']): string | null | undefined {
  const placeholder = PLACEHOLDER.exec(heading);
  if (placeholder === null) return heading === alarm ? null : undefined;
  const [whole, kind = ''] = placeholder;
  return (names[kind] ?? []).find((name) => heading.replace(whole, name) === alarm);
}

/** As GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- ]/gu, '')
    .replaceAll(' ', '-');

/** The commands among a section's words, for an environment. The runbook writes them for prod. */
export function commandsOf({ look, fix }: Pick<RunbookSection, 'look' | 'fix'>, env: string): readonly string[] {
  return [...`${look} ${fix}`.matchAll(/`((?:npx tripcast|aws) [^`]+)`/g)].map(([, command = '']) =>
    command
      .replace(' --env prod', env === 'dev' ? '' : ` --env ${env}`)
      .replaceAll('tripcast-prod-', `tripcast-${env}-`),
  );
}
