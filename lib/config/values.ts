import { z } from 'zod';

export const positive = z.int().positive();
export const share = z.number().min(0).max(1);
export const days = positive.nullable().describe('null = kept forever');

export const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a bucket name: 3..63 of a-z, 0-9, dot, hyphen');
export const streamName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,128}$/, 'a stream name: 1..128 of letters, digits, _ . -');
export const registeredModel = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,128}$/, 'a model name: 1..128 of letters, digits, _ -');
export const timeZone = z.string().refine((zone) => isTimeZone(zone), 'an IANA time zone, for example Africa/Cairo');
export const scheduleExpression = z.string().regex(/^(cron|rate|at)\(.+\)$/, 'an EventBridge Scheduler expression');
export const publicAddress = z
  .url()
  .refine(
    (url) => !/:\/\/[^/?#]*@/.test(url),
    "an address without a name and password: this file is in git, and the function's variables show it",
  );

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false; // Intl offers no other way to check
  }
}
