import type { Breakdown } from '#model/evaluation/breakdown.ts';
import type { Compared } from '#model/evaluation/reference-figures.ts';
import type { FeatureGain } from '#model/recipes/recipe.ts';
import type { ModelCard } from '../card.ts';

/** A card; older ones have no breakdown. */
export type RenderedCard = ModelCard & { readonly validation: { readonly breakdown?: Breakdown | undefined } };

/** What a page shows in addition to the card. The page omits whatever is not given. */
export interface CardExtras {
  /** The recipe's settings by name. */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
  /** For boosted recipes, largest gain first. */
  readonly importance?: readonly FeatureGain[];
  /** Versions of the engines that computed it, by name: `xgboost` -> `3.2.0`. */
  readonly engines?: Readonly<Record<string, string>>;
  /** Other models, measured on the same validation rides. The published ones are built in and need not be given. */
  readonly compared?: readonly Compared[];
}
