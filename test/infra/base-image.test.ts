import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerImageAsset } from 'aws-cdk-lib/aws-ecr-assets';
import { App, Stack } from 'aws-cdk-lib/core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { loadConfig } from '#lib/config/load.ts';
import { CLONE } from '#setup/paths.mjs';
import { temporaryFolder } from '../support/temporary-folder.ts';

const dockerfile = readFileSync(join(CLONE, 'docker/Dockerfile'), 'utf8');
const BASE = /^ARG BASE_IMAGE=(.*)$/m;
const base = BASE.exec(dockerfile)?.[1] ?? '';

/** CloudFormation's identity for the image on this base: ECR keeps the image that it has under the same hash. */
function imageHash(on: string): string {
  const context = join(temporaryFolder(), 'image');
  mkdirSync(context);
  writeFileSync(join(context, 'Dockerfile'), dockerfile.replace(BASE, `ARG BASE_IMAGE=${on}`));
  copyFileSync(join(CLONE, 'docker/.dockerignore'), join(context, '.dockerignore'));
  return new DockerImageAsset(new Stack(new App(), 'Stack'), 'Image', { directory: context }).assetHash;
}

test("the image's base is one build, not whatever the tag points to today", () => {
  expect(base).toMatch(/^public\.ecr\.aws\/lambda\/nodejs:24@sha256:[0-9a-f]{64}$/);
});

test('a new build of the base makes a new image, so that its patches are deployed', () => {
  expect(imageHash(base)).toBe(imageHash(base));
  expect(imageHash(base.replace(/[0-9a-f]{64}$/, '0'.repeat(64)))).not.toBe(imageHash(base));
});

test('a bot updates the base, and only its digest', () => {
  // The way Renovate extracts an ARG whose value a FROM names (lib/modules/manager/dockerfile/extract.ts).
  expect(dockerfile).toMatch(/^ARG BASE_IMAGE=\S+\nFROM \$\{BASE_IMAGE\}$/m);
  const ruleSchema = z.looseObject({
    matchPackageNames: z.array(z.string()),
    matchUpdateTypes: z.array(z.string()).optional(),
  });
  const { enabledManagers, packageRules } = z
    .object({ enabledManagers: z.array(z.string()), packageRules: z.array(ruleSchema) })
    .parse(JSON.parse(readFileSync(join(CLONE, 'renovate.json'), 'utf8')));
  expect(enabledManagers).toEqual(['dockerfile']);
  const [name] = base.split(':');
  const rules = packageRules.filter(({ matchPackageNames }) => matchPackageNames.includes(String(name)));
  expect(rules.filter(({ pinDigests }) => pinDigests === true)).toHaveLength(1);
  expect(
    rules.filter(({ enabled }) => enabled === false).flatMap(({ matchUpdateTypes = ['digest'] }) => matchUpdateTypes),
  ).toEqual(['major', 'minor', 'patch']);
});

test("images are scanned on push only after a step in docs/deploy.md: the pinned CLI's bootstrap does not turn it on", () => {
  const template = readFileSync(join(CLONE, 'node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml'), 'utf8');
  const [repository = ''] = /^ {2}ContainerAssetsRepository:\n(?: {3,}.*\n)+/m.exec(template) ?? [];
  expect(repository).toContain('AWS::ECR::Repository');
  // If a later CLI does, remove the step and the sentence before it.
  expect(repository).not.toMatch(/ScanOnPush/i);
  const [, name = ''] = /Fn::Sub: (cdk-\S+)/.exec(repository) ?? [];
  const step = /^aws ecr put-image-scanning-configuration --repository-name (\S+) .*scanOnPush=true/m.exec(
    readFileSync(join(CLONE, 'docs/deploy.md'), 'utf8'),
  );
  const filled = { Qualifier: 'hnb659fds', 'AWS::AccountId': 'ACCOUNT', 'AWS::Region': loadConfig('prod').region };
  expect(step?.[1]).toBe(
    Object.entries(filled).reduce((text, [key, value]) => text.replace(`\${${key}}`, value), name),
  );
});
