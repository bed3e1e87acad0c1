import { shown, TripcastError } from '#errors.ts';
import { parseS3Uri } from '#storage/layout.ts';
import type { RunId } from '#storage/run-id.ts';
import { type Month, partsOf } from '#trips/month.ts';
import type { TaxiType } from '#trips/taxi-type.ts';

/**
 * INPUT_FILE_PATTERN and OUTPUT_FILE_PATTERN: S3 addresses with `{taxi_type}`, `{year:04d}`, `{month:02d}` and
 * `{run_id}`, spelled as in the pipelines that tripcast replaces.
 * @throws TripcastError when it is not an S3 address or has any other placeholder
 */
export function expandPattern(
  pattern: string,
  of: { readonly taxiType: TaxiType; readonly month: Month; readonly run: RunId },
): { readonly bucket: string; readonly key: string } {
  const { year, month } = partsOf(of.month);
  const values: Readonly<Record<string, string>> = {
    taxi_type: of.taxiType,
    'year:04d': String(year).padStart(4, '0'),
    'month:02d': String(month).padStart(2, '0'),
    run_id: of.run,
  };
  const expanded = pattern.replaceAll(/\{([^}]*)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) {
      throw new TripcastError(
        `The file pattern ${shown(pattern)} has the unknown placeholder ${shown(whole)}`,
        `Use ${Object.keys(values)
          .map((each) => `{${each}}`)
          .join(', ')}.`,
      );
    }
    return value;
  });
  const at = parseS3Uri(expanded);
  if (at !== undefined) return at;
  throw new TripcastError(`The file pattern ${shown(pattern)} is not an S3 address`, 'Write it as s3://bucket/key.');
}
