/**
 * Where an HTTP API of the emulator can really be reached. The emulator gives it its own host name under `localhost`,
 * as AWS would, but not every machine resolves such names; it also answers at this path.
 * @param apiEndpoint `http://{id}.execute-api.localhost:{port}`, as in the stack's output
 */
export function localApiUrl(apiEndpoint: string, endpointUrl: string): string {
  const [id = ''] = new URL(apiEndpoint).hostname.split('.');
  return `${endpointUrl}/_aws/execute-api/${id}/$default`;
}
