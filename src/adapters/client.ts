/** A place to talk to without consulting the SDK's own chain. */
export interface Place {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * One client for each place that the process talks to: a command that goes from one environment to another (models
 * copy) must not use the first one's region, endpoint and credentials for the second.
 */
export function clientOfPlace<C>(make: () => C): () => C {
  const clients = new Map<string, C>();
  return () => {
    const place = `${process.env.AWS_ENDPOINT_URL} ${process.env.AWS_REGION}`;
    const client = clients.get(place) ?? make();
    clients.set(place, client);
    return client;
  };
}
