import { DeleteFunctionCommand, paginateListAliases } from '@aws-sdk/client-lambda';
import type { VersionStore } from '#operations/prune-versions.ts';
import { lambdaClient, publishedVersions, versionNumber } from './lambda-client.ts';

/** The versions of a function. */
export function lambdaVersions(FunctionName: string): VersionStore {
  return {
    versions: async () => (await publishedVersions(FunctionName)).map(({ number }) => number),
    async aliased() {
      const pages = paginateListAliases({ client: lambdaClient() }, { FunctionName });
      const found = await Array.fromAsync(pages, ({ Aliases = [] }) =>
        Aliases.flatMap(({ FunctionVersion, RoutingConfig }) => [
          FunctionVersion,
          ...Object.keys(RoutingConfig?.AdditionalVersionWeights ?? {}),
        ]),
      );
      return found.flat().flatMap(published);
    },
    async delete(version) {
      // With a qualifier, only that version is deleted; Lambda itself refuses to delete one that an alias points to.
      try {
        await lambdaClient().send(new DeleteFunctionCommand({ FunctionName, Qualifier: String(version) }));
        return 'deleted';
      } catch (error) {
        if (error instanceof Error && error.name === 'AccessDeniedException') return 'denied';
        throw error;
      }
    },
  };
}

const published = (version: string | undefined) =>
  version === undefined || version === '$LATEST' ? [] : [versionNumber(version)];
