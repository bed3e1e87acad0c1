/** Feature names by column, in the order of scikit-learn's DictVectorizer: by code point. */
export type Vocabulary = Readonly<Record<string, number>>;

export function vocabularyOf(names: readonly string[]): Vocabulary {
  return Object.fromEntries(names.toSorted().map((name, column) => [name, column]));
}
