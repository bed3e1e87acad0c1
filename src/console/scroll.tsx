import type { ComponentChildren } from 'preact';

/** What may be wider or taller than its place; the keyboard scrolls it, too. @param name for screen readers */
export const Scroll = ({ name, way, children }: { name: string; way: 'x' | 'y'; children: ComponentChildren }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: otherwise only a pointer could scroll it
  <section class={`scroll-${way}`} aria-label={name} tabIndex={0}>
    {children}
  </section>
);
