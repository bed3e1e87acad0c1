import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { buildSync } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { ridesOf } from '#model/golden/golden.ts';
import { type ModelProto, ModelProtoSchema } from '#model/onnx/gen/onnx-ml_pb.js';
import { type GraphBuilder, integer, type Value } from '#model/onnx/graph-builder.ts';
import { asColumn, lookUp, lookUpRow, sideBySide } from '#model/onnx/pieces.ts';
import { rideGraph } from '#model/onnx/ride-graph.ts';
import type { AddPrediction, RideValues } from '#model/onnx/ride-values.ts';
import { type BranchOf, belowThreshold, treeEnsemble } from '#model/onnx/trees.ts';
import type { DecisionTree } from '#model/recipes/gradient-boosting.ts';
import { MAP_FEATURES } from '#model/recipes/map-features.ts';
import { drawMap } from '#model/recipes/map-of-zones.ts';
import { RECIPE_NAMES } from '#model/recipes/recipe.ts';
import { RideBatch } from '#model/rides/ride-batch.ts';
import { batchOf } from '#model/rides/rides.ts';
import { PAIR_SLOTS } from '#model/rides/zone-pair.ts';
import { OUTPUTS } from '#model/scorer.ts';
import { CLONE } from '#setup/paths.mjs';
import { bothScorers, differing, generatedRides, ourScorer, randomFrom, refusalOf } from '../../support/engines.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { aThinnedMonth, evenCalibrations, train } from '../../support/training.ts';

/** A graph around this prediction, with intervals in minutes. */
const aGraph = (addPrediction: AddPrediction): Uint8Array =>
  rideGraph({
    typical: Float64Array.from({ length: PAIR_SLOTS }, (_, pair) => (pair % 97) / 7),
    addPrediction,
    calibrations: evenCalibrations(),
    metadata: { recipe: 'of a test', taxi_type: 'green' },
  });

const theDistance: AddPrediction = (_, ride) => ride.distance;

/** An ensemble on the distance, the pair slot and the minute of the week. */
function ensemble(trees: readonly DecisionTree[], branchOf: BranchOf = belowThreshold): AddPrediction {
  return (g, ride) => {
    const minute = g.node('Div', [g.node('Mod', [ride.pickupTime, g.int64(604_800)]), g.int64(60)]);
    const parts = [ride.distance, g.cast(ride.pair, 'float'), g.cast(minute, 'float')];
    return treeEnsemble(
      g,
      sideBySide(
        g,
        parts.map((part) => asColumn(g, part)),
      ),
      { base: 10.1, trees },
      branchOf,
    );
  };
}

/** A tree with random questions, as deep as given; of its branches, this share ends early. */
function aTree(random: () => number, depth: number, early = 0.2): DecisionTree {
  const tree = { left: [] as number[], right: [] as number[], feature: [] as number[], value: [] as number[] };
  const grow = (left: number): number => {
    const node = tree.left.push(-1) - 1;
    tree.right[node] = -1;
    tree.feature[node] = 0;
    tree.value[node] = random() * 2 - 1;
    if (left === 0 || (left < depth && random() < early)) return node;
    const feature = Math.floor(random() * 3);
    tree.feature[node] = feature;
    // Values that rides have, so that some are exactly at a split.
    tree.value[node] =
      [
        Math.fround(Math.round(random() * 3000) / 100),
        Math.floor(random() * PAIR_SLOTS),
        Math.floor(random() * 10_080),
      ][feature] ?? 0;
    tree.left[node] = grow(left - 1);
    tree.right[node] = grow(left - 1);
    return node;
  };
  grow(depth);
  return { ...tree, missingLeft: tree.left.map(() => 0) };
}

/** Runs of rides between the same zones, as long as given, that are otherwise at random. */
function runsOf(lengths: readonly number[]): RideBatch {
  const { words, size } = generatedRides(lengths.reduce((sum, length) => sum + length));
  const rides = new RideBatch(size);
  lengths.forEach((length, run) => {
    for (let i = 0; i < length; i += 1) {
      const [low = 0, high = 0] = words.pickupTime.subarray(2 * rides.size, 2 * rides.size + 2);
      rides.push(1 + run * 37, 265 - run, words.distance[rides.size] ?? 0, high * 2 ** 32 + (low >>> 0));
    }
  });
  return rides;
}

async function expectSame(model: Uint8Array, rides = generatedRides(2000)): Promise<void> {
  const { ours, reference } = await bothScorers(model);
  expect(differing(await ours.score(rides), await reference.score(rides))).toBe(0);
}

describe('answers as onnxruntime does, to the last bit', () => {
  test.for(RECIPE_NAMES)('with a graph of %s', async (recipe) => {
    const validation = { kind: 'month', source: await aThinnedMonth('2023-04', 400) } as const;
    const { model, golden } = await train({ train: [await aThinnedMonth('2023-03', 200)], validation }, { recipe });
    await expectSame(model, batchOf(ridesOf(golden.rides)));
    await expectSame(model, generatedRides(3000));
  });

  test('with trees of any depth and number, in batches of any size', async () => {
    const random = randomFrom(5);
    for (const [count, depth] of [
      [1, 1],
      [3, 4],
      [8, 6],
      [19, 9],
      [5, 13],
    ] as const) {
      const trees = Array.from({ length: count }, () => aTree(random, depth));
      const { ours, reference } = await bothScorers(aGraph(ensemble(trees)));
      for (const size of [1, 2, 3, 4, 7, 8, 9, 255, 256, 257, 1000]) {
        const rides = generatedRides(size, size);
        expect(differing(await ours.score(rides), await reference.score(rides))).toBe(0);
      }
    }
  });

  test('with runs of rides between the same zones, for which trees are pruned', async () => {
    const random = randomFrom(15);
    const trees = [1, 2, 3, 6, 9, 9, 9, 13].flatMap((depth) => Array.from({ length: 8 }, () => aTree(random, depth)));
    trees.push(aTree(random, 13, 0)); // more nodes than a pruned tree may have
    const { ours, reference } = await bothScorers(aGraph(ensemble(trees)));
    for (const lengths of [[63], [64], [65, 1, 200], [300, 64, 64, 5, 7, 400, 4096, 70], [5000], [4090, 100, 1000]]) {
      const rides = runsOf(lengths);
      expect(differing(await ours.score(rides), await reference.score(rides))).toBe(0);
    }
  });

  test('with a run whose least and largest values are splits themselves', async () => {
    const tree: DecisionTree = {
      left: [1, 3, -1, -1, -1],
      right: [2, 4, -1, -1, -1],
      feature: [0, 0, 0, 0, 0],
      value: [5, 3, 30, 10, 20],
      missingLeft: [0, 0, 0, 0, 0],
    };
    const model = aGraph((g, ride) => treeEnsemble(g, asColumn(g, ride.distance), { base: 0, trees: [tree] }));
    const rides = new RideBatch(90);
    for (let ride = 0; ride < 90; ride += 1) rides.push(74, 75, 3 + (ride % 3), 0);
    await expectSame(model, rides);
    const { predicted_duration } = await ourScorer(model).score(rides);
    expect([...predicted_duration]).toEqual(Array.from({ length: 90 }, (_, ride) => [20, 20, 30][ride % 3]));
  });

  test('with a run in which a feature is not a number for one ride, which no branch is then sure of', async () => {
    const below: DecisionTree = {
      left: [1, -1, -1],
      right: [2, -1, -1],
      feature: [0, 0, 0],
      value: [2, 10, 20],
      missingLeft: [0, 0, 0],
    };
    const model = aGraph((g, ride) => {
      const from5 = g.node('Sub', [ride.distance, g.float(5)]); // divided by itself, it is 1 or not a number
      return treeEnsemble(g, asColumn(g, g.node('Div', [from5, from5])), { base: 0, trees: [below] });
    });
    const rides = new RideBatch(100);
    for (let ride = 0; ride < 100; ride += 1) rides.push(74, 75, ride === 70 ? 5 : 6, 0);
    await expectSame(model, rides);
    const { predicted_duration } = await ourScorer(model).score(rides);
    expect([...predicted_duration]).toEqual(Array.from({ length: 100 }, (_, ride) => (ride === 70 ? 20 : 10)));
  });

  test('with branches that ask whether a feature is equal', async () => {
    const random = randomFrom(6);
    const trees = Array.from({ length: 9 }, () => aTree(random, 7));
    const rides = generatedRides(2000);
    const branchOf: BranchOf = (tree, node) => {
      const branch = belowThreshold(tree, node);
      const { pickupZone, dropoffZone } = rides.words;
      const ride = Math.floor(branch.value) % rides.size;
      const pair = (pickupZone[2 * ride] ?? 0) * 266 + (dropoffZone[2 * ride] ?? 0);
      return branch.feature === 1 ? { ...branch, mode: 'equal', value: pair } : branch;
    };
    await expectSame(aGraph(ensemble(trees, branchOf)), rides);
  });

  test('with a spread whose trees need the prediction of others', async () => {
    const random = randomFrom(7);
    const spread = {
      encoder: { map: drawMap([]), usualTime: 0, holidays: new Set([19_000]) },
      trees: { base: 1.5, trees: [aSpreadTree(random), aSpreadTree(random)] },
    };
    const model = rideGraph({
      typical: new Float64Array(PAIR_SLOTS).fill(3),
      addPrediction: ensemble([aTree(random, 6)]),
      calibrations: { ...evenCalibrations(), spread },
      metadata: {},
    });
    await expectSame(model);
  });

  test('with formulas at random', async () => {
    for (let seed = 1; seed <= 60; seed += 1)
      await expectSame(aGraph(atRandom(randomFrom(seed))), generatedRides(200, seed));
  });
});

/** Asks for the prediction, which follows the map's features, and for the distance. */
function aSpreadTree(random: () => number): DecisionTree {
  const [prediction, distance] = [MAP_FEATURES.length, MAP_FEATURES.indexOf('trip_distance')];
  return {
    left: [1, -1, 3, -1, -1],
    right: [2, -1, 4, -1, -1],
    feature: [prediction, 0, distance, 0, 0],
    value: [10 + random(), random(), 2.5 + random(), random(), random()],
    missingLeft: [0, 0, 0, 0, 0],
  };
}

/** A prediction from a dozen nodes chosen at random among those that recipes use. */
function atRandom(random: () => number): AddPrediction {
  const below = (n: number) => Math.floor(random() * n);
  return (g, ride) => {
    const floats: Value[] = [ride.distance, g.cast(ride.pair, 'float')];
    const integers: Value[] = [
      ride.pickupSlot,
      ride.pair,
      g.node('Clip', [ride.pickupTime, g.int64(-5), g.int64(9e9)]),
    ];
    const bools: Value[] = [ride.distanceGiven];
    const float = () =>
      random() < 0.2 ? g.float(Math.fround(random() * 10 - 5)) : (floats[below(floats.length)] as Value);
    const integer64 = () => integers[below(integers.length)] as Value;
    const steps: readonly (() => void)[] = [
      () =>
        floats.push(
          g.node(['Add', 'Sub', 'Mul', 'Div'][below(4)] ?? '', [floats[below(floats.length)] as Value, float()]),
        ),
      () => floats.push(g.node(['Abs', 'Floor'][below(2)] ?? '', [floats[below(floats.length)] as Value])),
      () => floats.push(g.node('Clip', [floats[below(floats.length)] as Value, g.float(-50), g.float(70)])),
      () => floats.push(g.node('Where', [bools[below(bools.length)] as Value, floats[0] as Value, float()])),
      () => floats.push(g.cast(integer64(), 'float'), g.cast(bools[below(bools.length)] as Value, 'float')),
      () => integers.push(g.node('Mod', [integer64(), g.int64(1 + below(1000))])),
      () => integers.push(g.node(['Add', 'Sub', 'Mul'][below(3)] ?? '', [integer64(), g.int64(below(100) - 50)])),
      () => integers.push(g.node('Div', [integer64(), g.int64(1 + below(100))])),
      () => integers.push(g.cast(g.node('Clip', [floats[0] as Value, g.float(-99), g.float(99)]), 'int64')),
      () =>
        bools.push(
          g.node(['Less', 'LessOrEqual', 'Equal'][below(3)] ?? '', [floats[below(floats.length)] as Value, float()]),
        ),
      () => bools.push(g.node(['Less', 'LessOrEqual', 'Equal'][below(3)] ?? '', [integer64(), integer64()])),
      () => floats.push(lookedUp(g, ride, integer64(), below(1000))),
    ];
    for (let i = 0; i < 25; i += 1) steps[below(steps.length)]?.();
    return finite(
      g,
      floats.slice(-6).reduce((sum, value) => g.node('Add', [sum, value])),
    );
  };
}

function lookedUp(g: GraphBuilder, ride: RideValues, integer64: Value, seed: number): Value {
  const values = Array.from({ length: 1064 }, (_, i) => Math.sin(i + seed));
  const index = g.node('Mod', [integer64, g.int64(266)]);
  const row = lookUpRow(g, g.table(`rows_${seed}`, values, 1), ride.pickupSlot);
  return g.node('Sub', [lookUp(g, g.table(`table_${seed}`, values), index), g.node('Squeeze', [row, g.axis(1)])]);
}

/** onnxruntime and the graph's own intervals need a number: NaN has no minute. */
const finite = (g: GraphBuilder, value: Value): Value => {
  const isNumber = g.node('LessOrEqual', [g.node('Abs', [value]), g.float(1e30)]);
  return g.node('Where', [isNumber, value, g.float(17.5)]);
};

describe('a batch', () => {
  test('of no rides gets empty arrays', async () => {
    const scores = await ourScorer(aGraph(theDistance)).score(new RideBatch(1));
    for (const name of OUTPUTS) expect(scores[name]).toEqual(new Float32Array(0));
  });

  test('of a million rides gets the answers that each gets alone', async () => {
    const trees = Array.from({ length: 4 }, () => aTree(randomFrom(8), 5));
    const { ours, reference } = await bothScorers(aGraph(ensemble(trees)));
    const many = generatedRides(1_000_000);
    const scores = await ours.score(many);
    expect(differing(scores, await reference.score(many))).toBe(0);
    const { PULocationID, DOLocationID, trip_distance, pickup_time } = many.inputs;
    for (const i of [0, 255, 256, 999_999]) {
      const alone = ours.scoreNow({
        PULocationID: PULocationID.subarray(i, i + 1),
        DOLocationID: DOLocationID.subarray(i, i + 1),
        trip_distance: trip_distance.subarray(i, i + 1),
        pickup_time: pickup_time.subarray(i, i + 1),
      });
      expect(alone.predicted_duration[0]).toBe(scores.predicted_duration[i]);
    }
  });

  test('is answered at once, too, with the same prediction and 90% interval', async () => {
    const scorer = ourScorer(aGraph(theDistance));
    const batch = generatedRides(300);
    const { interval80_low: _, interval80_high: __, ...expected } = await scorer.score(batch);
    expect(scorer.scoreNow(batch.inputs)).toEqual(expected);
  });

  test('leaves the results of an earlier one as they are', async () => {
    const scorer = ourScorer(aGraph(theDistance));
    const first = await scorer.score(generatedRides(50, 1));
    const kept = first.predicted_duration.slice();
    await scorer.score(generatedRides(50, 2));
    expect(first.predicted_duration).toEqual(kept);
  });
});

test('shows the metadata of the file', () => {
  expect(ourScorer(aGraph(theDistance)).metadata).toEqual({ recipe: 'of a test', taxi_type: 'green' });
});

/** The graph with a change made to it. */
function changed(model: Uint8Array, change: (model: ModelProto) => void): Uint8Array {
  const proto = fromBinary(ModelProtoSchema, model);
  change(proto);
  return toBinary(ModelProtoSchema, proto);
}

const someTrees = () => aGraph(ensemble([aTree(randomFrom(9), 3)]));
const ofTrees = (proto: ModelProto, name: string) =>
  proto.graph?.node.find(({ opType }) => opType === 'TreeEnsemble')?.attribute.find((each) => each.name === name);

const PROGRAM = `
  import { loadEngine } from '#engine/engine.ts';
  console.log(JSON.stringify(loadEngine(new Uint8Array())));`;

describe('refuses by name', () => {
  test('an operator that it does not have', () => {
    expect(refusalOf(aGraph((g, ride) => g.node('Sqrt', [ride.distance])))).toBe('the operator Sqrt');
    expect(refusalOf(aGraph((g, ride) => g.node('constructor', [ride.distance])))).toBe('the operator constructor');
  });

  test('another version of an operator set', () => {
    const newer = changed(someTrees(), ({ opsetImport }) => {
      for (const each of opsetImport) if (each.domain === '') each.version = 22n;
    });
    expect(refusalOf(newer)).toBe('version 22 of the operator set ai.onnx');
    const older = changed(someTrees(), ({ opsetImport }) => {
      for (const each of opsetImport) if (each.domain === 'ai.onnx.ml') each.version = 3n;
    });
    expect(refusalOf(older)).toBe('version 3 of the operator set ai.onnx.ml');
  });

  test('trees that ask for less or equal', () => {
    const model = changed(someTrees(), (proto) => ofTrees(proto, 'nodes_modes')?.t?.rawData?.fill(0));
    expect(refusalOf(model)).toBe('ai.onnx.ml.TreeEnsemble with branches of mode BRANCH_LEQ');
  });

  test('trees that are added up in another way', () => {
    const model = changed(someTrees(), (proto) => {
      const average = ofTrees(proto, 'aggregate_function');
      if (average) average.i = 0n;
    });
    expect(refusalOf(model)).toBe('ai.onnx.ml.TreeEnsemble with aggregate_function other than 1');
  });

  test('trees that are in a circle, or lack a node', () => {
    for (const to of [0n, 1_000_000n]) {
      const model = changed(someTrees(), (proto) => {
        const [ids, leafs] = [ofTrees(proto, 'nodes_truenodeids'), ofTrees(proto, 'nodes_trueleafs')];
        ids?.ints.fill(to);
        leafs?.ints.fill(0n);
      });
      expect(refusalOf(model)).toMatch(/the branch \d+ missing, or in two places/);
    }
  });

  test('an attribute that it does not follow', () => {
    const axis = aGraph((g, ride) =>
      g.node('GatherElements', [g.table('t', [1, 2]), ride.pickupSlot], [integer('axis', 1)]),
    );
    expect(refusalOf(axis)).toBe('GatherElements with another axis than 0');
    const fmod = aGraph((g, ride) => g.cast(g.node('Mod', [ride.pair, g.int64(5)], [integer('fmod', 1)]), 'float'));
    expect(refusalOf(fmod)).toBe('Mod with fmod');
    const odd = aGraph((g, ride) => g.node('Add', [ride.distance, ride.distance], [integer('broadcast', 1)]));
    expect(refusalOf(odd)).toBe('Add with the attribute broadcast');
  });

  test('a graph that lacks an output, or takes something else', () => {
    const fewer = changed(aGraph(theDistance), ({ graph }) => graph?.output.pop());
    expect(refusalOf(fewer)).toBe('no output interval80_high with a float per ride');
    const more = changed(aGraph(theDistance), ({ graph }) => {
      const [first] = graph?.input ?? [];
      if (first) first.name = 'passenger_count';
    });
    expect(refusalOf(more)).toBe('the input passenger_count of int64 with 1 axes');
  });

  test('a file that is cut off, wherever, and bytes that are not a model', () => {
    const model = someTrees();
    for (let end = 0; end < 4000; end += 7) expect(refusalOf(model.subarray(0, end))).toMatch(/file/);
    const metadata = model.length - 60;
    for (let end = 4000; end < metadata; end += 9973) expect(refusalOf(model.subarray(0, end))).toMatch(/file/);
    expect(refusalOf(new TextEncoder().encode('not a model'))).toMatch(/file/);
  });

  test('everything where WebAssembly is switched off', () => {
    // Node strips types with WebAssembly, too: bundled, the engine needs none of that.
    const program = join(temporaryFolder(), 'engine.mjs');
    buildSync({
      stdin: { contents: PROGRAM, resolveDir: CLONE },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
    });
    const { stdout } = spawnSync(process.execPath, ['--jitless', program], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual({ outcome: 'refused', reason: 'WebAssembly is switched off' });
  });
});

test('runs where there is nothing but what a page has', () => {
  const contents =
    "export { loadEngine } from '#engine/engine.ts'; export { RideBatch } from '#model/rides/ride-batch.ts';";
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: CLONE },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'engine',
    write: false,
  });
  const page = createContext({ WebAssembly, atob, TextEncoder, TextDecoder, model: aGraph(theDistance) });
  runInContext(outputFiles[0]?.text ?? '', page);
  const minutes: unknown = runInContext(
    `const { scorer } = engine.loadEngine(model);
    const ride = new engine.RideBatch(1);
    ride.push(74, 75, 4.5, 0);
    scorer.scoreNow(ride.inputs).predicted_duration[0];`,
    page,
  );
  expect(minutes).toBe(4.5);
});

test('a feature may have more than 65,535 thresholds', async () => {
  const random = randomFrom(10);
  const trees = Array.from({ length: 9 }, (_, i): DecisionTree => {
    const tree = aTree(random, 13, 0);
    return {
      ...tree,
      feature: tree.feature.map(() => 1),
      value: tree.value.map((value, n) => (tree.left[n] === -1 ? value : n * 8 + i)),
    };
  });
  const thresholds = new Set(trees.flatMap(({ left, value }) => value.filter((_, node) => left[node] !== -1)));
  expect(thresholds.size).toBeGreaterThan(65_535);
  await expectSame(aGraph(ensemble(trees)));
});

test('a tree may be 40 deep', async () => {
  const nodes = Array.from({ length: 81 }, (_, node) => node);
  const vine: DecisionTree = {
    left: nodes.map((node) => (node % 2 === 0 && node < 80 ? node + 1 : -1)),
    right: nodes.map((node) => (node % 2 === 0 && node < 80 ? node + 2 : -1)),
    feature: nodes.map(() => 0),
    value: nodes.map((node) => node / 4),
    missingLeft: nodes.map(() => 0),
  };
  const { ours } = await bothScorers(aGraph(ensemble([vine])));
  const rides = new RideBatch(3);
  for (const miles of [0.1, 7, 1000]) rides.push(74, 75, miles, 0);
  // 10.1 + the leaf: the first below 0, 0.5, 1, 1.5, ... that is above the miles, a quarter further on; the last node's 20.
  const { predicted_duration } = await ours.score(rides);
  expect([...predicted_duration]).toEqual(
    [10.1 + 0.75, 10.1 + 7.75, 10.1 + 20].map((minutes) => expect.closeTo(minutes, 5)),
  );
  await expectSame(aGraph(ensemble([vine])));
});

test('a ride that looks beyond a table is an error, not a number', async () => {
  const scorer = ourScorer(aGraph((g, ride) => lookUp(g, g.table('small', [1, 2]), ride.pickupSlot)));
  const rides = new RideBatch(1);
  rides.push(74, 75, 1, 0);
  await expect(scorer.score(rides)).rejects.toThrow('outside of its tables');
});
