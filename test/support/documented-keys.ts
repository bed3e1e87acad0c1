import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLONE } from '#setup/paths.mjs';

// docs/cli.md, read for its tables: which keys each command prints with --json. The page explains the notation.

/** What a JSON value looks like. `value` is a string, number, boolean or a list of them. */
type Shape =
  | { readonly kind: 'value' }
  | { readonly kind: 'anything' }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'any-keys'; readonly of: Shape }
  | { readonly kind: 'object'; readonly keys: Keys };

type Keys = ReadonlyMap<string, { readonly isOptional: boolean; readonly shape: Shape }>;

interface Page {
  /** The alternatives of each command. */
  readonly commands: ReadonlyMap<string, readonly string[]>;
  readonly parts: ReadonlyMap<string, string>;
}

const ROW = /^\| `([^`]+)`[^|]* \| (.+?) \|/gm;

function readPage(): Page {
  const [commands = '', parts = ''] = readFileSync(join(CLONE, 'docs/cli.md'), 'utf8')
    .split('## Commands')
    .slice(1)
    .flatMap((text) => text.split('## Shared parts'));
  const shapesIn = (cell: string) =>
    [...cell.matchAll(/`([{[][^`]*|[A-Z]+|anything)`/g)].map(([, shape = '']) => shape);
  return {
    commands: new Map([...commands.matchAll(ROW)].map(([, name = '', cell = '']) => [name, shapesIn(cell)])),
    parts: new Map([...parts.matchAll(ROW)].map(([, name = '', cell = '']) => [name, shapesIn(cell)[0] ?? ''])),
  };
}

const page = readPage();

export const documentedCommands: readonly string[] = [...page.commands.keys()];

/** How a command's output differs from what the page says; empty if it has exactly those keys. */
export function differences(command: string, output: unknown): readonly string[] {
  const found = (page.commands.get(command) ?? []).map((text) => differencesOf(output, parse(text), command));
  const closest = found.toSorted((a, b) => a.length - b.length)[0];
  return closest ?? [`docs/cli.md does not say what ${command} prints`];
}

function differencesOf(value: unknown, shape: Shape, at: string): readonly string[] {
  if (value === null || shape.kind === 'anything') return [];
  if (shape.kind === 'list') {
    return Array.isArray(value)
      ? value.flatMap((each) => differencesOf(each, shape.of, `${at}[]`))
      : [`${at}: no list`];
  }
  const isObject = typeof value === 'object' && !Array.isArray(value);
  if (shape.kind === 'value') {
    const isPlain = ![value].flat(2).some((each) => typeof each === 'object' && each !== null);
    return isPlain ? [] : [`${at}: has keys of its own`];
  }
  if (!isObject) return [`${at}: no object`];
  if (shape.kind === 'any-keys') {
    return Object.values(value).flatMap((each) => differencesOf(each, shape.of, `${at}.*`));
  }
  const { keys } = shape;
  const missing = [...keys].filter(([name, { isOptional }]) => !isOptional && !(name in value));
  return [
    ...missing.map(([name]) => `${at}.${name}: missing`),
    ...Object.entries(value).flatMap(([name, each]) => {
      const known = keys.get(name);
      return known === undefined
        ? [`${at}.${name}: not documented`]
        : differencesOf(each, known.shape, `${at}.${name}`);
    }),
  ];
}

function parse(text: string): Shape {
  const tokens = text.match(/\.\.\.|[{}[\],:?*]|\w+/g) ?? [];
  const shape = parseShape(tokens);
  if (tokens.length > 0) throw new Error(`docs/cli.md: ${text} goes on after its end.`);
  return shape;
}

/** Takes a shape's tokens off the front. */
function parseShape(tokens: string[]): Shape {
  const token = tokens.shift() ?? '';
  if (token === '[') {
    const of = parseShape(tokens);
    take(tokens, ']');
    return { kind: 'list', of };
  }
  if (token === '{') return parseObject(tokens);
  if (token === 'anything') return { kind: 'anything' };
  return /^[A-Z]+$/.test(token) ? partNamed(token) : { kind: 'value' };
}

function parseObject(tokens: string[]): Shape {
  if (tokens[0] === '*') {
    tokens.shift();
    take(tokens, ':');
    const of = parseShape(tokens);
    take(tokens, '}');
    return { kind: 'any-keys', of };
  }
  const keys = new Map<string, { readonly isOptional: boolean; readonly shape: Shape }>();
  do {
    const name = tokens.shift() ?? '';
    if (name === '...') {
      const part = partNamed(tokens.shift() ?? '');
      if (part.kind === 'object') for (const [each, known] of part.keys) keys.set(each, known);
      continue;
    }
    const isOptional = tokens[0] === '?' && tokens.shift() !== undefined;
    const hasShape = tokens[0] === ':' && tokens.shift() !== undefined;
    keys.set(name, { isOptional, shape: hasShape ? parseShape(tokens) : { kind: 'value' } });
  } while (tokens[0] === ',' && tokens.shift() !== undefined);
  take(tokens, '}');
  return { kind: 'object', keys };
}

function partNamed(name: string): Shape {
  const text = page.parts.get(name);
  if (text === undefined) throw new Error(`docs/cli.md has no shared part ${name}.`);
  return parse(text);
}

function take(tokens: string[], wanted: string): void {
  const found = tokens.shift();
  if (found !== wanted) throw new Error(`docs/cli.md: ${wanted} is expected where ${found} is.`);
}
