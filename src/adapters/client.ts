/**
 * One client for each place that the process talks to: a command that goes from one environment to another (models copy)
 * must not meet the first one's region, endpoint and credentials in the second.
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
