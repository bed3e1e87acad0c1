import { z } from 'zod';
import { TripcastError } from '#errors.ts';
import type { OwedRecord } from './owed-record.ts';
import { requeuedId } from './prediction-record.ts';

/** Of a line of a quarantine object, what sending it again takes. */
const quarantinedSchema = z.object({
  prediction_id: z.string(),
  reason: z.string(),
  raw: z.string(),
  arrived_at: z.iso.datetime().transform((text) => new Date(text)),
});

/** The records of a quarantine object: JSON lines. @throws TripcastError naming the first line that is none */
export function quarantinedRecords(text: string): readonly OwedRecord[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line, i) => {
    const { prediction_id, reason, arrived_at, raw } = quarantinedLine(line, i + 1);
    return { predictionId: requeuedId(prediction_id), reason, arrivedAt: arrived_at, raw };
  });
}

function quarantinedLine(line: string, n: number): z.infer<typeof quarantinedSchema> {
  try {
    return quarantinedSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new TripcastError(`Line ${n} is no quarantined record (${cause})`, 'Move it out of quarantine/.', { cause });
  }
}
