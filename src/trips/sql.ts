/** A SQL string literal. */
export const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** A SQL identifier, such as the name of a column with a space in it. */
export const sqlName = (name: string) => `"${name.replaceAll('"', '""')}"`;
