import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CLONE } from '#setup/paths.mjs';
import { hasFailed, hasPassed, judge, readRecord } from '../../aws/ledger.ts';
import { MINISTACK } from '../../aws/measured.ts';
import { PAGE, page } from '../../aws/page.ts';
import type { Probe } from '../../aws/probe.ts';
import { PROBES } from '../../aws/probes/index.ts';
import { AWS } from '../../aws/run-probes.ts';
import { TEMPLATE_BYTES, template } from '../../aws/site-template.ts';

describe('docs/emulator.md', () => {
  test('matches the probes and the measurements', () => {
    expect(readFileSync(PAGE, 'utf8'), 'npm run test:aws -- --emulator --write-ledger').toBe(page());
  });

  test('was measured on the pinned emulator', () => {
    expect(readRecord('ministack')?.what).toBe(MINISTACK.what);
  });

  test('has a measurement for exactly the rows that the emulator can show', () => {
    const able = PROBES.filter(({ look }) => 'seen' in look && look.notOnEmulators === undefined);
    expect(Object.keys(readRecord('ministack')?.rows ?? {}).sort()).toEqual(able.map(({ id }) => id).sort());
  });

  test('has unique rows, each with an existing test and a page of AWS’s documentation', () => {
    expect(new Set(PROBES.map(({ id }) => id)).size).toBe(PROBES.length);
    for (const { id, reliedOnBy, docs } of PROBES) {
      expect(reliedOnBy[0], id).toMatch(/^test\/.*\.test\.ts$/);
      for (const path of reliedOnBy) expect(existsSync(join(CLONE, path)), `${id}: ${path}`).toBe(true);
      expect(docs.url, id).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
    }
  });
});

describe('the stack of the probes', () => {
  const site = { prefix: 'tripcast-probe-12345678', patience: AWS.patience, scheduledFor: new Date(0) };
  const { Resources } = template(PROBES, site);

  test('fits into one request', () => {
    expect(Buffer.byteLength(JSON.stringify(template(PROBES, site)))).toBeLessThan(TEMPLATE_BYTES);
  });

  test('gives no two resources the same logical id', () => {
    const asked = PROBES.flatMap(({ resources }) => Object.keys(resources?.(site) ?? {}));
    expect(new Set(asked).size).toBe(asked.length);
  });

  test('starts the name of every resource with the prefix of the run', () => {
    const names = Object.values(Resources).flatMap(({ Properties = {} }) =>
      Object.entries(Properties).filter(([key]) => /^(Name|\w+Name)$/.test(key) && !KEPT.has(key)),
    );
    expect(names.length).toBeGreaterThan(50);
    for (const [key, name] of names) {
      if (typeof name === 'string')
        expect(name.replace(/^\/aws\/lambda\//, ''), key).toMatch(/^tripcast-probe-12345678-/);
    }
  });
});

/** Properties that do not name a resource of the account: metrics, and what lives inside another resource. */
const KEPT: ReadonlySet<string> = new Set(['MetricName', 'StageName', 'Name']);

describe('a verdict', () => {
  const probe: Probe = {
    id: 'a',
    behavior: 'b',
    docs: { title: 't', url: 'u' },
    reliedOnBy: ['test/x'],
    expected: { code: 412 },
    look: { seen: async () => null },
  };
  const seen = (code: number) => ({ kind: 'seen', seen: { code } }) as const;
  const record = (code: number) => ({ what: 'an emulator', rows: { a: { code } } });

  test.each([
    ['on AWS, as documented', seen(412), undefined, 'as documented', true],
    ['on AWS, otherwise', seen(200), undefined, 'differs', false],
    ['on an emulator that matches AWS', seen(412), record(412), 'as documented', true],
    ['on an emulator that differs as before', seen(200), record(200), 'differs as recorded', true],
    ['on an emulator that no longer matches AWS', seen(200), record(412), 'differs', false],
    ['on an emulator that now matches AWS', seen(412), record(200), 'differs', false],
    ['on an emulator without a record', seen(412), { what: 'new', rows: {} }, 'differs', false],
    ['of a broken probe', { kind: 'broken', error: 'e' } as const, record(412), 'broken', false],
    ['of a probe that did not run', undefined, record(412), 'broken', false],
  ])('%s', (_, sight, recorded, verdict, passes) => {
    const judged = judge(probe, sight, recorded);
    expect(judged.verdict).toBe(verdict);
    expect([hasPassed(judged), hasFailed(judged)]).toEqual([passes, !passes]);
  });

  test('of a row that cannot be probed neither passes nor fails', () => {
    const judged = judge(probe, { kind: 'unseen', why: 'weeks' }, record(412));
    expect([hasPassed(judged), hasFailed(judged)]).toEqual([false, false]);
  });
});
