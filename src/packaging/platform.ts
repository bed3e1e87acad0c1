import { shown, TripcastError } from '#errors.ts';

/** Where a native package runs. */
export type Platform = `${'linux' | 'darwin'}-${'x64' | 'arm64'}`;

const PLATFORMS: readonly Platform[] = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

/** @throws TripcastError on a platform that the native packages have no build for */
export function hostPlatform(name = `${process.platform}-${process.arch}`): Platform {
  const platform = PLATFORMS.find((known) => known === name);
  if (platform !== undefined) return platform;
  throw new TripcastError(
    `tripcast does not run on ${shown(name)}`,
    `Use one of ${PLATFORMS.join(', ')}; on Windows, use WSL2.`,
  );
}

export const isHost = (platform: Platform): boolean => platform === `${process.platform}-${process.arch}`;
