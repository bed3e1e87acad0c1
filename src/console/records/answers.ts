/** What the page reads of the API's records (src/serving/records.ts). */

export interface Figures {
  readonly rmse: number;
  readonly mae: number;
  readonly coverage_90: number;
}

export interface Champion {
  readonly run_id: string;
  readonly promotion: Promotion | null;
  readonly card: {
    readonly recipe: string;
    readonly taxi_type: string;
    readonly created_at: string;
    readonly code_version: string;
    readonly seconds: number;
    readonly model: { readonly sha256: string; readonly bytes: number };
    readonly importance?: readonly { readonly feature: string; readonly gain: number }[];
    readonly train: { readonly months: readonly { readonly month: string }[]; readonly rows: number };
    readonly validation: Figures & {
      readonly month: string | null;
      readonly rows: number;
      readonly typical_distance: Figures;
      readonly breakdown?: { readonly baselines?: unknown };
    };
  };
}

export interface Promotion {
  readonly sequence: number;
  readonly run_id: string;
  readonly promoted_at: string;
  readonly promoted_by: string;
  readonly previous_run_id: string | null;
  readonly rolled_back_run_id?: string;
  readonly best?: { readonly run_id: string };
  readonly overruled?: { readonly reasons: readonly string[]; readonly because: string | null };
}

export interface History {
  readonly promotions: readonly Promotion[];
}

export interface Months {
  readonly taxi_type: string;
  readonly months: readonly ScoredMonth[];
}

export interface ScoredMonth {
  readonly month: string;
  readonly run_id: string;
  readonly rows_in: number;
  readonly rows_scored: number;
  readonly rmse: number | null;
  readonly coverage_90: number | null;
  readonly evaluation: 'in-training' | 'before-training' | 'after-training';
  readonly scored_at: string;
  readonly monitoring: {
    readonly verdict: Verdict;
    readonly takeaway: string;
    readonly drifted: readonly string[];
    readonly reference: string;
    readonly page: string;
  } | null;
}

export type Verdict = 'steady' | 'drifted' | 'harm' | 'not-enough-data';
