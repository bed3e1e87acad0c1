import {
  DeleteFunctionCommand,
  LambdaClient,
  paginateListAliases,
  paginateListVersionsByFunction,
} from '@aws-sdk/client-lambda';
import type { VersionStore } from '#operations/prune-versions.ts';
import { clientOfPlace } from './client.ts';

const lambda = clientOfPlace(() => new LambdaClient({}));

/** The versions of a function. */
export function lambdaVersions(FunctionName: string): VersionStore {
  return {
    async versions() {
      const pages = paginateListVersionsByFunction({ client: lambda() }, { FunctionName });
      const found = await Array.fromAsync(pages, ({ Versions = [] }) => Versions.map(({ Version }) => Version));
      return found.flat().flatMap(published);
    },
    async aliased() {
      const pages = paginateListAliases({ client: lambda() }, { FunctionName });
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
        await lambda().send(new DeleteFunctionCommand({ FunctionName, Qualifier: String(version) }));
        return 'deleted';
      } catch (error) {
        if (error instanceof Error && error.name === 'AccessDeniedException') return 'denied';
        throw error;
      }
    },
  };
}

const published = (version: string | undefined) =>
  version === undefined || version === '$LATEST' ? [] : [Number(version)];
