import { Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type SynthesizedStack, synthesizeDelivery, synthesized } from './support/synthesized.ts';

/** A finding of a rule: `AwsSolutions-S1` at `tripcast-prod/Data/Models/Bucket/Resource`. */
interface Finding {
  readonly rule: string;
  readonly path: string;
}

interface Acceptance extends Finding {
  readonly reason: string;
}

/** All findings of cdk-nag's AwsSolutions rules, accepted or not. */
function findingsIn({ stack }: SynthesizedStack): readonly Finding[] {
  const checks = new AwsSolutionsChecks();
  Object.defineProperty(checks, 'isAcknowledged', { value: () => false });
  return checks
    .validateScope(stack)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath = '' }) => ({ rule: ruleName, path: constructPath })),
    );
}

/** The acceptances that lib/constructs/accept-finding.ts recorded. */
function acceptancesIn({ stack }: SynthesizedStack): readonly Acceptance[] {
  return stack.node.findAll().flatMap(({ node: { path, metadata } }) =>
    metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(z.record(z.string(), z.string()).parse(data)))
      .map(([id, reason]) => ({ rule: id.replace(/^Annotation::/, ''), path, reason })),
  );
}

const covers = (acceptance: Acceptance, finding: Finding) =>
  acceptance.rule === finding.rule && `${finding.path}/`.startsWith(`${acceptance.path}/`);

describe.each([
  ['prod', synthesized('prod')],
  ['delivery', synthesizeDelivery()],
] as const)('of what cdk-nag finds in %s', (_, stack) => {
  const findings = findingsIn(stack);
  const acceptances = acceptancesIn(stack);

  test('nothing is left without a reason', () => {
    expect(findings.length).toBeGreaterThan(2);
    const open = findings.filter((finding) => !acceptances.some((each) => covers(each, finding)));
    expect(open).toEqual([]);
  });

  test('nothing is accepted that is no longer found', () => {
    const idle = acceptances.filter((acceptance) => !findings.some((finding) => covers(acceptance, finding)));
    expect(idle).toEqual([]);
  });

  test('each reason is a sentence', () => {
    for (const { reason } of acceptances) expect(reason).toMatch(/^[A-Z].{20,}\.$/);
  });
});
