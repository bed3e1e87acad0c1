import { BaseSequencer, type TestSpecification } from 'vitest/node';

const FIRST = '/main-job.test.ts';
const LAST = '/the-end.test.ts';

/** The main job comes first: the other files use the stack, the model and the months that it leaves. */
export default class FilesInOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => (moduleId.endsWith(FIRST) ? 0 : moduleId.endsWith(LAST) ? 2 : 1);
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
