/** The address of the emulator that this test has; use-emulator.ts sets it. */
export function endpointUrl(): string {
  const url = process.env.AWS_ENDPOINT_URL;
  if (url === undefined) throw new Error('There is no emulator.');
  return url;
}
