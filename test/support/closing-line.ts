import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';

/** Prints the run's last line, `N passed, N failed`, for anything that counts tests without knowing vitest. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const count = (wanted: string) => states.filter((state) => state === wanted).length;
    // A file that does not load, a hook that throws and an error outside any test fail no test: they count as one each.
    const outside = modules.flatMap((module) => [
      module.errors(),
      ...[...module.children.allSuites()].map((suite) => suite.errors()),
    ]);
    const failed = count('failed') + outside.flat().length + unhandled.length;
    const skipped = count('skipped');
    console.log(`${count('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  }
}
