import { GetScheduleCommand, SchedulerClient, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import { clientOfPlace } from './client.ts';

const scheduler = clientOfPlace(() => new SchedulerClient({}));

/** Lets a schedule start nothing more; all else about it stays, which an update has to say in full. */
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
