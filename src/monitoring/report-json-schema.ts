import { z } from 'zod';
import { monthReportSchema } from './report-schema.ts';

/**
 * The JSON Schema of report.json, for readers in other languages: docs/schemas/month-report.schema.json. It allows keys that
 * it does not know, so a reader keeps working when a later version adds one.
 */
export function reportJsonSchema(): object {
  // A type that a function of ours checks says in its metadata what zod cannot derive.
  const { $schema, ...schema } = z.toJSONSchema(monthReportSchema, { io: 'input', unrepresentable: 'any' });
  return {
    $schema,
    title: 'Monthly report',
    description:
      "What monitoring found in one month's predictions of one run. Minutes, unless a description says otherwise.",
    ...schema,
  };
}
