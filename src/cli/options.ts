/** What all commands share. */
export interface CommonOptions {
  readonly env: string;
  readonly json: boolean;
}

/** The AWS emulators on this machine: the first comes with tripcast, the second is for someone else to start. */
export const EMULATORS = ['ministack', 'localstack'] as const;
export type EmulatorName = (typeof EMULATORS)[number];
