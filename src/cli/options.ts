/** What every command has. */
export interface CommonOptions {
  readonly env: string;
  readonly json: boolean;
}
