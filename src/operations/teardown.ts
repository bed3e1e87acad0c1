/** A resource in a deployed stack. */
export interface StackResource {
  readonly logicalId: string;
  /** `AWS::S3::Bucket` */
  readonly type: string;
  /** Its name, ARN or ID. */
  readonly physicalId: string;
  /** Whether the template says that it outlives the stack. */
  readonly isRetained: boolean;
}

/** What deleting a stack involves. */
export interface Teardown {
  readonly goes: readonly StackResource[];
  readonly stays: readonly StackResource[];
  /** Buckets to be deleted: CloudFormation deletes only empty ones. */
  readonly toEmpty: readonly string[];
  /** Schedules to be deleted: they must not start anything while the rest is being deleted. */
  readonly toDisable: readonly string[];
  /** State machines to be deleted: one with an execution that waits a day for a month stays until that ends. */
  readonly toStop: readonly string[];
}

/**
 * Plans what is deleted, what stays, and what has to be emptied, disabled or stopped first.
 * @example
 * const { goes, stays, toEmpty } = planTeardown(await stackResources('tripcast-staging'));
 */
export function planTeardown(resources: readonly StackResource[]): Teardown {
  // A function's versions are retained for rollbacks, and are deleted with the function itself.
  const lasting = resources.filter(({ type }) => type !== 'AWS::Lambda::Version');
  const goes = lasting.filter(({ isRetained }) => !isRetained);
  const thatGo = (wanted: string) => goes.filter(({ type }) => type === wanted).map(({ physicalId }) => physicalId);
  return {
    goes,
    stays: lasting.filter(({ isRetained }) => isRetained),
    toEmpty: thatGo('AWS::S3::Bucket'),
    toDisable: thatGo('AWS::Scheduler::Schedule'),
    toStop: thatGo('AWS::StepFunctions::StateMachine'),
  };
}

/** How many there are of each type, most common first: `12 Lambda::Function`. */
export function countByType(resources: readonly StackResource[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { type } of resources) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts]
    .toSorted(([a, m], [b, n]) => n - m || a.localeCompare(b))
    .map(([type, count]) => `${count} ${type.replace(/^AWS::/, '')}`);
}
