import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { drawn } from '#console/pipelines/levels.ts';
import { graphOf, pipelineOf, type StateEvent } from '#serving/pipelines.ts';
import { CLONE } from '#setup/paths.mjs';

const definition = (name: string) => readFileSync(join(CLONE, 'stepfunctions', `${name}.asl.json`), 'utf8');
const event = (kind: StateEvent['kind'], state?: string): StateEvent => ({ kind, state });
const AT = new Date('2026-11-30T05:00:00Z');

describe('a pipeline', () => {
  test('is read from its definition: training', () => {
    const { start, states } = graphOf(definition('training'));
    const ways = Object.fromEntries(states.map(({ name, next }) => [name, next]));
    expect(start).toBe('Train');
    expect(ways).toEqual({
      Train: ['Gate', 'NotifyFailure'],
      Gate: ['IsSound', 'NotifyFailure'],
      IsSound: ['Register', 'Done'],
      Register: ['IsToBePromoted', 'NotifyFailure'],
      IsToBePromoted: ['Promote', 'Done'],
      Promote: ['Done', 'NotifyFailure'],
      Done: [],
      NotifyFailure: ['Failed'],
      Failed: [],
    });
  });

  test('shows what its Map does for each month', () => {
    const { states } = graphOf(definition('monthly-batch'));
    const each = states.find(({ name }) => name === 'EachMonth')?.each;
    expect(each?.states.map(({ name }) => name)).toContain('Score');
    expect(states.filter((state) => state.each !== null)).toHaveLength(1);
  });

  test('is drawn from the top down: a state is below all that lead to it', () => {
    const { levels, edges } = drawn(graphOf(definition('training')));
    expect(levels.map((level) => level.map(({ name }) => name))).toEqual([
      ['Train'],
      ['Gate'],
      ['IsSound'],
      ['Register'],
      ['IsToBePromoted'],
      ['Promote'],
      ['Done', 'NotifyFailure'],
      ['Failed'],
    ]);
    expect(edges.some(({ isBack }) => isBack)).toBe(false);
  });

  test('may lead back, as a wait for a month does', () => {
    const loop = {
      start: 'Ask',
      states: [
        { name: 'Ask', type: 'Task', next: ['Wait', 'End'], each: null },
        { name: 'Wait', type: 'Wait', next: ['Ask'], each: null },
        { name: 'End', type: 'Succeed', next: [], each: null },
        { name: 'Lost', type: 'Pass', next: ['End'], each: null },
      ],
    };
    const { levels, edges } = drawn(loop);
    expect(levels.map((level) => level.map(({ name }) => name))).toEqual([['Ask'], ['Wait', 'End']]);
    expect(edges.filter(({ isBack }) => isBack)).toEqual([{ from: 'Wait', to: 'Ask', isBack: true }]);
  });
});

describe('the last execution', () => {
  const statesAfter = (status: string, ...events: readonly StateEvent[]) =>
    pipelineOf('training', definition('training'), { name: 'x', status, startedAt: AT, endedAt: undefined, events })
      .last?.states;

  test('got as far as its history says', () => {
    const events = [event('entered', 'Train'), event('tried'), event('exited', 'Train'), event('entered', 'Gate')];
    expect(statesAfter('RUNNING', ...events)).toEqual({ Train: 'succeeded', Gate: 'running' });
  });

  test('failed where a failure was caught or ended it, but not where a retry succeeded', () => {
    const retried = [
      event('entered', 'Train'),
      event('tried'),
      event('failed'),
      event('tried'),
      event('exited', 'Train'),
    ];
    expect(statesAfter('RUNNING', ...retried)).toEqual({ Train: 'succeeded' });
    const caught = [event('entered', 'Gate'), event('tried'), event('failed'), event('exited', 'Gate')];
    expect(statesAfter('FAILED', ...retried, ...caught, event('entered', 'Failed'))).toEqual({
      Train: 'succeeded',
      Gate: 'failed',
      Failed: 'failed',
    });
    expect(statesAfter('TIMED_OUT', event('entered', 'Train'))).toEqual({ Train: 'failed' });
  });

  test('runs as long as one of its items does', () => {
    const two = [event('entered', 'Score'), event('entered', 'Score'), event('exited', 'Score')];
    expect(statesAfter('RUNNING', ...two)).toEqual({ Score: 'running' });
    expect(statesAfter('RUNNING', ...two, event('exited', 'Score'))).toEqual({ Score: 'succeeded' });
  });

  test('may be none', () => {
    expect(pipelineOf('training', definition('training'), undefined).last).toBeNull();
  });
});
