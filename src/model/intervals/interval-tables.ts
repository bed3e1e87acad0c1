/**
 * The tables of residual quantiles in a finished graph: they can be replaced, and the graph itself can say which row of
 * them a ride takes and how large its spread is. They are found by how the graph uses them, not by the names of its
 * nodes, so that runs of earlier releases can be recalibrated, too.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { TripcastError } from '#errors.ts';
import {
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
} from '../onnx/gen/onnx-ml_pb.js';
import { toFloat } from '../onnx/graph-builder.ts';
import type { OutputName, Predictions } from '../scorer.ts';
import { CELLS, INTERVAL_BOUNDS, type IntervalBound } from './cells.ts';
import { type Calibrations, tableName, tableOf } from './interval-graph.ts';

/** What a graph knows about rides when it makes their intervals, each array `[rides]`. */
export interface Placement {
  /** Minutes. */
  readonly predicted: Float32Array;
  /** What the quantiles are multiples of, minutes; undefined if they are minutes themselves. */
  readonly spread: Float32Array | undefined;
  /** Row of the tables: the cell, and for rides with no distance {@link CELLS} more. */
  readonly row: Float32Array;
}

/** The probe's outputs that stand in for two of the bounds: they have the right type and shape. */
const [SPREAD, ROW]: readonly [OutputName, OutputName] = ['interval_low', 'interval_high'];
const ROW_AS_FLOAT = 'probed_row';

/** Values of the graph that a bound is computed from. */
interface BoundInputs {
  readonly row: string;
  readonly spread: string | undefined;
}

/** A graph whose interval tables can be replaced; nothing else in it changes. */
export class IntervalTables {
  readonly #model: ModelProto;
  readonly #inputs: BoundInputs;

  /** @throws TripcastError when the graph has no such tables, or other cells than this release */
  constructor(model: Uint8Array) {
    this.#model = fromBinary(ModelProtoSchema, model);
    this.#inputs = boundInputs(graphOf(this.#model));
  }

  /** A copy of the graph whose outputs say how it makes the intervals; {@link placementOf} reads them. */
  probe(): Uint8Array {
    const { row, spread } = this.#inputs;
    const { node, ...graph } = graphOf(this.#model);
    const source = node.findIndex(({ output }) => output.includes(row));
    const cast = create(NodeProtoSchema, {
      opType: 'Cast',
      input: [row],
      output: [ROW_AS_FLOAT],
      attribute: [toFloat],
    });
    const probed = node.toSpliced(source + 1, 0, cast).map((each) => {
      if (each.output.includes(ROW)) return { ...each, input: [ROW_AS_FLOAT] };
      return spread !== undefined && each.output.includes(SPREAD) ? { ...each, input: [spread] } : each;
    });
    return toBinary(ModelProtoSchema, { ...this.#model, graph: { ...graph, node: probed } });
  }

  /** @param answer the probe's */
  placementOf(answer: Predictions): Placement {
    const spread = this.#inputs.spread === undefined ? undefined : answer[SPREAD];
    return { predicted: answer.predicted_duration, spread, row: answer[ROW] };
  }

  /** The model's bytes with other tables. @param metadata entries that it gains, or that change */
  replacedBy(
    calibrations: Pick<Calibrations, 'given' | 'typical'>,
    metadata: Readonly<Record<string, string>>,
  ): Uint8Array {
    const tables = new Map(INTERVAL_BOUNDS.map((bound) => [tableName(bound), tableOf(calibrations, bound)]));
    const graph = graphOf(this.#model);
    const initializer = graph.initializer.map((each) => {
      const table = tables.get(each.name);
      return table === undefined ? each : { ...each, rawData: new Uint8Array(table.buffer) };
    });
    const kept = this.#model.metadataProps.filter(({ key }) => metadata[key] === undefined);
    const added = Object.entries(metadata).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }));
    const model = { ...this.#model, graph: { ...graph, initializer }, metadataProps: [...kept, ...added] };
    return toBinary(ModelProtoSchema, model);
  }
}

function graphOf({ graph }: ModelProto): GraphProto {
  if (graph === undefined) throw notReplaceable('it has no graph');
  return graph;
}

/** The row and the spread, which are the same for all bounds. */
function boundInputs(graph: GraphProto): BoundInputs {
  const [first, ...others] = INTERVAL_BOUNDS.map((bound) => inputsOf(graph, bound));
  if (first === undefined || others.some(({ row, spread }) => row !== first.row || spread !== first.spread)) {
    throw notReplaceable('its bounds are not made alike');
  }
  return first;
}

/** table, row -> GatherElements -> quantile; then, where quantiles are multiples, spread, quantile -> Mul. */
function inputsOf({ initializer, node }: GraphProto, bound: IntervalBound): BoundInputs {
  const name = tableName(bound);
  const table = initializer.find((each) => each.name === name);
  if (table === undefined) throw notReplaceable(`it has no table ${name}`);
  const [cells = 0n, ...more] = table.dims;
  if (cells !== BigInt(2 * CELLS) || more.length > 0) {
    throw notReplaceable(
      `its table ${name} has ${table.dims.join(' x ')} rows, and those of this release ${2 * CELLS}`,
    );
  }
  const lookUp = only(node, name, 'GatherElements');
  const [, row] = lookUp.input;
  const quantile = lookUp.output[0] ?? '';
  const next = only(node, quantile, 'Mul', 'Add');
  if (row === undefined) throw notReplaceable(`nothing says which row of ${name} a ride takes`);
  return { row, spread: next.opType === 'Mul' ? next.input.find((input) => input !== quantile) : undefined };
}

/** The one node that uses a value. */
function only(nodes: readonly NodeProto[], value: string, ...operators: readonly string[]): NodeProto {
  const users = nodes.filter(({ input }) => input.includes(value));
  const [user] = users;
  if (user !== undefined && users.length === 1 && operators.includes(user.opType)) return user;
  throw notReplaceable(`${value} goes to ${users.map(({ opType }) => opType).join(', ') || 'nothing'}`);
}

const notReplaceable = (why: string) =>
  new TripcastError(
    `The interval tables of this model cannot be replaced: ${why}`,
    'An older or another release made it: train a run with this one, and recalibrate that.',
  );
