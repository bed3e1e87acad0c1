/**
 * Where an HTTP API of the emulator can really be reached. The emulator gives it its own host name under `localhost`,
 * as AWS would, but not every machine resolves such names; it also answers at this path.
 * @param apiEndpoint `http://{id}.execute-api.localhost:{port}`, as in the stack's output
 * @returns undefined if there is none: LocalStack's free edition has no HTTP API, and calls the one in the stack `unknown`
 */
export function localApiUrl(apiEndpoint: string, endpointUrl: string): string | undefined {
  if (!URL.canParse(apiEndpoint)) return undefined;
  const [id = ''] = new URL(apiEndpoint).hostname.split('.');
  return `${endpointUrl}/_aws/execute-api/${id}/$default`;
}
