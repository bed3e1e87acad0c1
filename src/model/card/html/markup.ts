/** Text that is already HTML. Only `html` and `trusted` create it, so nothing from outside slips in unescaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = string | number | Html | readonly Html[];

/** An HTML template: every value in it is escaped, in text and in quoted attributes, unless it is already HTML. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(parts.reduce((text, part, i) => `${text}${rendered(values[i - 1] ?? '')}${part}`));
}

/** HTML or CSS written in tripcast's own code. */
export const trusted = (text: string): Html => new Html(text);

export const NOTHING = trusted('');

function rendered(value: Content): string {
  if (value instanceof Html) return value.text;
  return typeof value === 'object' ? value.map(({ text }) => text).join('') : escaped(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
