import { BaseSequencer, type TestSpecification } from 'vitest/node';

const FIRST = '/whole-system.test.ts';
const LAST = '/permissions.test.ts';

/**
 * The integration tests share one emulator. The test of the whole system comes first: it sees the stream wait for its first
 * champion, and counts all that came through it since. The one of permissions comes last: what its probes may write they
 * do, over the champion's alias too.
 */
export default class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => (moduleId.endsWith(FIRST) ? 0 : moduleId.endsWith(LAST) ? 2 : 1);
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
