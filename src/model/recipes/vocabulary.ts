/** Feature names by column, in the order in which scikit-learn's DictVectorizer puts them: that of their code points. */
export type Vocabulary = Readonly<Record<string, number>>;

export function vocabularyOf(names: readonly string[]): Vocabulary {
  return Object.fromEntries(names.toSorted().map((name, column) => [name, column]));
}
