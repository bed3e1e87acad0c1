/** What every command has. */
export interface CommonOptions {
  readonly env: string;
  readonly json: boolean;
}

/** The AWS that runs on this machine: the first comes with tripcast, the second is somebody else's to start. */
export const EMULATORS = ['ministack', 'localstack'] as const;
export type EmulatorName = (typeof EMULATORS)[number];
