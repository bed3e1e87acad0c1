import { InvokeCommand } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import type { Bench, Json } from '../probe.ts';

/** Sequential: a new account allows ten concurrent invocations, and throttling would distort the result. */
export const LANE = 'lambda';

const json: z.ZodType<Json> = z.json();

/** Invokes a function. `error` is its FunctionError. */
export async function call(
  { lambda, idOf }: Bench,
  id: string,
  qualifier?: string,
): Promise<{ answer: Json; error: string }> {
  const { Payload, FunctionError = 'none' } = await lambda.send(
    new InvokeCommand({ FunctionName: idOf(id), Qualifier: qualifier, Payload: '{}' }),
  );
  return { answer: json.parse(JSON.parse(Payload?.transformToString() || 'null')), error: FunctionError };
}
