import { userInfo } from 'node:os';

/** Who runs the command, for the record. A container's user may have only a number. */
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
