import { userInfo } from 'node:os';

/** Who gives the command, for the record. A container's user may have a number and nothing else. */
export function userName(
  { USER, LOGNAME }: NodeJS.ProcessEnv = process.env,
  lookUp: () => string = () => userInfo().username,
): string {
  if (USER || LOGNAME) return USER || LOGNAME || '';
  try {
    return lookUp();
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`; // no passwd entry: Node throws
  }
}
