import { userInfo } from 'node:os';

/** Who gives the command, for the record. */
export const userName = (): string => process.env.USER || userInfo().username;
