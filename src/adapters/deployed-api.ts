import { STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import { TripcastError } from '#errors.ts';
import type { AskUpstream, UpstreamRequest } from '#serving/forward.ts';

/** Where a deployed API is, and what it asks of callers (`api.authorization`). */
export interface DeployedApi {
  /** Without a trailing slash. */
  readonly url: string;
  readonly region: string;
  readonly authorization: 'none' | 'iam' | 'jwt';
}

/** The variable with a caller's token, so that it is on no command line. */
export const TOKEN_VARIABLE = 'TRIPCAST_API_TOKEN';

/** API Gateway's name in a signature. */
const SERVICE = 'execute-api';

/**
 * Asks a deployed API as its `api.authorization` wants it: signed with the caller's own AWS credentials (Signature
 * Version 4), with the token in {@link TOKEN_VARIABLE}, or as it is.
 * @throws TripcastError when there is no token
 * @example
 * const ask = askDeployedApi({ url: apiUrl, region: 'eu-north-1', authorization: 'iam' });
 * const answer = await ask({ method: 'GET', path: '/zones', headers: {} });
 */
export function askDeployedApi({ url, region, authorization }: DeployedApi): AskUpstream {
  const send = ({ method, path, headers, body }: UpstreamRequest) =>
    fetch(`${url}${path}`, { method, headers, ...(body && { body: Uint8Array.from(body) }), redirect: 'error' });
  if (authorization === 'none') return send;
  if (authorization === 'jwt') {
    const token = process.env[TOKEN_VARIABLE];
    if (!token) {
      throw new TripcastError(
        `The API wants a token, and ${TOKEN_VARIABLE} is not set`,
        `Set it to a token of the issuer in api.jwt, for example with \`export ${TOKEN_VARIABLE}=…\`.`,
      );
    }
    return (request) => send({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
  }
  const { credentials, sha256 } = new STSClient({ region }).config;
  const signer = new SignatureV4({ service: SERVICE, region, credentials, sha256 });
  const { protocol, hostname, port, pathname } = new URL(url);
  const base = pathname.replace(/\/$/, '');
  return async (request) => {
    const [path = '', query = ''] = request.path.split('?');
    const signed = await signer.sign({
      protocol,
      hostname,
      ...(port !== '' && { port: Number(port) }),
      method: request.method,
      path: `${base}${path}`,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers: { ...request.headers, host: port === '' ? hostname : `${hostname}:${port}` },
      body: request.body,
    });
    const { host: _, ...headers } = signed.headers; // fetch sets it itself
    return send({ ...request, headers });
  };
}
