import { GetScheduleCommand, SchedulerClient, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import { clientOfPlace } from './client.ts';

const scheduler = clientOfPlace(() => new SchedulerClient({}));

/** Stops a schedule from starting anything; the rest of it stays as it is, and an update has to repeat that in full. */
export async function disableSchedule(name: string): Promise<void> {
  const schedule = await scheduler().send(new GetScheduleCommand({ Name: name }));
  const { ScheduleExpression, ScheduleExpressionTimezone, FlexibleTimeWindow, Target } = schedule;
  const { Description, StartDate, EndDate, KmsKeyArn, ActionAfterCompletion } = schedule;
  await scheduler().send(
    new UpdateScheduleCommand({
      Name: name,
      State: 'DISABLED',
      ScheduleExpression,
      ScheduleExpressionTimezone,
      FlexibleTimeWindow,
      Target,
      Description,
      StartDate,
      EndDate,
      KmsKeyArn,
      ActionAfterCompletion,
    }),
  );
}
