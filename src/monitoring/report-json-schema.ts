import { z } from 'zod';
import { runIdSchema } from '#storage/run-id.ts';
import { monthSchema } from '#trips/month.ts';
import { monthReportSchema } from './report-schema.ts';

/** What zod cannot derive, because a function of ours checks it. */
const OUR_OWN = new Map<z.core.$ZodType, object>([
  [monthSchema, { type: 'string', pattern: '^\\d{4}-(0[1-9]|1[0-2])$' }],
  [runIdSchema, { type: 'string', pattern: '^[0-9a-f]{32}$' }],
]);

/**
 * The JSON Schema of report.json, for readers in other languages: docs/schemas/month-report.schema.json. It allows keys that
 * it does not know, so a reader keeps working when a later version adds one.
 */
export function reportJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(monthReportSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => void Object.assign(jsonSchema, ownSchema(zodSchema)),
  });
  return {
    $schema,
    title: 'Monthly report',
    description:
      "What monitoring found in one month's predictions of one run. Minutes, unless a description says otherwise.",
    ...schema,
  };
}

function ownSchema(schema: z.core.$ZodTypes): object | undefined {
  const found = OUR_OWN.get(schema);
  if (found === undefined && schema._zod.def.type === 'custom') {
    throw new Error('A custom type of the report has no JSON Schema: add one to OUR_OWN.');
  }
  return found;
}
