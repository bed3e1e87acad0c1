import type { Breakdown } from '#model/evaluation/breakdown.ts';
import type { Compared } from '#model/evaluation/reference-figures.ts';
import type { FeatureGain } from '#model/recipes/recipe.ts';
import type { ModelCard } from '../card.ts';

/** A card; older ones have no breakdown. */
export type RenderedCard = ModelCard & { readonly validation: { readonly breakdown?: Breakdown | undefined } };

/** What a page says beside the card. Whatever is not given, the page does without. */
export interface CardExtras {
  /** The recipe's settings by name. */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
  /** Of boosted recipes, largest gain first. */
  readonly importance?: readonly FeatureGain[];
  /** Versions of what computed it, by name: `xgboost` -> `3.2.0`. */
  readonly engines?: Readonly<Record<string, string>>;
  /** Other models, measured on the same validation rides. The published ones are known and need not be given. */
  readonly compared?: readonly Compared[];
}
