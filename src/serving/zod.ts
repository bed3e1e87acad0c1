import { extendZodWithOpenApi, z as zod } from '@hono/zod-openapi';

/**
 * Zod whose schemas take what OpenAPI says about them (`.openapi()`). The package adds that when it is imported, but a
 * bundler that splits code loads a module only for what others use of it (https://github.com/evanw/esbuild/issues/399):
 * so they use this.
 */
export const z = extended(zod);

export type Infer<Schema extends zod.ZodType> = zod.infer<Schema>;

function extended(zodItself: typeof zod): typeof zod {
  extendZodWithOpenApi(zodItself);
  return zodItself;
}
