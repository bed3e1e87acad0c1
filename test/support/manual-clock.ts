import type { Clock } from '#clock.ts';

/** A clock that moves only when someone sleeps on it. */
export class ManualClock implements Clock {
  time: number;
  readonly sleeps: number[] = [];

  constructor(time = Date.parse('2023-04-03T12:30:01Z')) {
    this.time = time;
  }

  now(): number {
    return this.time;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.sleeps.push(milliseconds);
    this.time += milliseconds;
  }
}
