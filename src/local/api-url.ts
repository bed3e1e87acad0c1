/**
 * Where an HTTP API of the emulator is really reached. The emulator gives it a host name of its own under `localhost`, as
 * AWS would, and not every machine resolves such names; it answers by this path as well.
 * @param apiEndpoint `http://{id}.execute-api.localhost:{port}`, as the stack's output has it
 */
export function localApiUrl(apiEndpoint: string, endpointUrl: string): string {
  const [id = ''] = new URL(apiEndpoint).hostname.split('.');
  return `${endpointUrl}/_aws/execute-api/${id}/$default`;
}
