import { BaseSequencer, type TestSpecification } from 'vitest/node';

const FIRST = '/whole-system.test.ts';
const LAST = '/permissions.test.ts';

/**
 * The integration tests share one emulator. The whole-system test comes first: it sees the stream wait for its first
 * champion, and counts everything that came through it since. The permissions test comes last: its probes write
 * wherever they may, even over the champion's alias.
 */
export default class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => (moduleId.endsWith(FIRST) ? 0 : moduleId.endsWith(LAST) ? 2 : 1);
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
