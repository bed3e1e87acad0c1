import { parseRunId } from '#storage/run-id.ts';

/** A run's id made from one hexadecimal digit. */
export const aRun = (digit: string) => parseRunId(digit.repeat(32));
