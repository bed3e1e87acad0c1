import { BaseSequencer, type TestSpecification } from 'vitest/node';

const FIRST = '/whole-system.test.ts';
const LAST = ['/integration/champion-at.test.ts', '/integration/json-keys.test.ts', '/permissions.test.ts'];

/**
 * The integration tests of a worker share its emulator. The whole-system test comes first: it sees the stream wait for
 * its first champion, and counts everything that came through it since. Three come last: champion-at.test.ts and
 * json-keys.test.ts move the champion, and the probes of permissions.test.ts write wherever they may, even over the champion's alias.
 */
export default class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) =>
      moduleId.endsWith(FIRST) ? -1 : LAST.findIndex((name) => moduleId.endsWith(name)) + 1;
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
