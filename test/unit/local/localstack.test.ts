import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type LocalStackHealth, lacks, localstackHealth } from '#local/localstack.ts';
import { RECORDED } from '../../support/localstack-health.ts';

const withServices = (services: Readonly<Record<string, string>>): LocalStackHealth => ({
  ...RECORDED,
  services: { ...RECORDED.services, ...services },
});

describe('what LocalStack lacks', () => {
  test('is listed for the free edition', () => {
    const sentences = lacks(RECORDED);
    const abouts = [
      /not run HTTP APIs/,
      /no container images/,
      /no layers/,
      /schedules never fire/,
      /no dashboards/,
      /EMF.*alarms on those stay silent/,
      /bisect/,
      /Firehose does not expand/,
      /everything in memory/,
    ];
    expect(sentences).toHaveLength(abouts.length);
    for (const about of abouts) {
      expect(sentences.filter((sentence) => about.test(sentence))).toHaveLength(1);
    }
  });

  test('is little if the services are there', () => {
    const sentences = lacks(withServices({ apigatewayv2: 'available', ecr: 'running' }));
    expect(sentences.join()).toMatch(/EMF.*bisect.*Firehose.*memory/);
    expect(sentences).toHaveLength(4);
  });

  test('comes with a caveat for a release other than the tested one', () => {
    expect(lacks({ ...RECORDED, version: '2026.3.1' })[0]).toMatch(
      /LocalStack 2026\.3\.1; tripcast was tested with 4\.14\.0/,
    );
  });

  test('stops the deploy if the stack could not even be created', () => {
    expect(() => lacks(withServices({ kinesis: 'disabled', scheduler: 'disabled' }))).toThrow(
      'LocalStack 4.14.0 runs without kinesis, scheduler. Start it without SERVICES',
    );
  });
});

describe('the question to LocalStack', () => {
  /** A server that answers every request alike. */
  async function answering(body: unknown, headers: Record<string, string> = {}): Promise<string> {
    const server = createServer((_, response) => void response.writeHead(200, headers).end(JSON.stringify(body)));
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test('gives its answer', async () => {
    expect(await localstackHealth(await answering({ ...RECORDED, features: {} }, { 'x-localstack': 'true' }))).toEqual(
      RECORDED,
    );
  });

  test('notices that something else answers, for example the other emulator', async () => {
    const url = await answering({ ...RECORDED, edition: 'light', version: '1.5.33', auth: 'disabled' });
    await expect(localstackHealth(url)).rejects.toThrow(`What answers at ${url} is not LocalStack`);
  });

  test('says how to start it when nothing answers', async () => {
    await expect(localstackHealth('http://127.0.0.1:1')).rejects.toThrow(
      'No LocalStack answers at http://127.0.0.1:1. Start it with `docker compose --file docker/compose.yaml up',
    );
  });
});
