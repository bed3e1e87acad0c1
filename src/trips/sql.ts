/** A SQL string literal. */
export const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`;
