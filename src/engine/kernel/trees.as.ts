// AssemblyScript: `npm run build:kernel` compiles it to ../gen/trees.ts, and a test compares the two.
//
// Adds up the leaves that rides reach in an ensemble's trees. pack-trees.ts writes what is read here:
// - a node has {f32 split, u32 feature, u32 yes}: the offset of the feature's column in a group of rows, and the address
//   of the node for "below the split", which the node for "not below" follows;
// - a leaf has its minutes as its split, a column that is always -Infinity as its feature, and itself as `yes`, so that
//   every ride can take as many steps as the tree is deep, and none has to be asked whether it has arrived;
// - rows come in groups of eight, feature by feature. Eight rides walk at once, without branches: the loads of one
//   overlap with those of the others;
// - groups come in segments, which go through a tree together: {u32 rows, u32 groups, u32 sums, u32 bounds, i32 credit}
//   has the address of the first group, how many there are, the addresses of a float per row and of two floats per
//   column (see `bounds`), and what pruning has saved so far (see `walk`).

// @ts-ignore: decorator
@inline
function step(node: usize, group: usize, lane: usize): usize {
  const yes = <usize>load<u32>(node, 8);
  return select<usize>(yes, yes + 12, load<f32>(group + <usize>load<u32>(node, 4) + lane) < load<f32>(node));
}

// @ts-ignore: decorator
@inline
function add(sum: usize, leaf: usize): void {
  store<f32>(sum, load<f32>(sum) + load<f32>(leaf));
}

/**
 * Where four rows are after three levels, as addresses. All trees have these levels in full, level by level, so every row
 * can be asked all seven questions, four rows at a time: that takes less than walking each row through three of them.
 * @param rows  the first of the four in a group
 * @param first the fourth level's first node, which the others follow: 4, 2 and 1 further for each "no" of a level
 */
// @ts-ignore: decorator
@inline
function enter(
  rows: usize, first: v128, four: v128, two: v128, one: v128,
  s0: v128, s1: v128, s2: v128, s3: v128, s4: v128, s5: v128, s6: v128,
  c0: usize, c1: usize, c2: usize, c3: usize, c4: usize, c5: usize, c6: usize,
): v128 {
  const m0 = f32x4.lt(v128.load(rows + c0), s0);
  const m1 = v128.bitselect(f32x4.lt(v128.load(rows + c1), s1), f32x4.lt(v128.load(rows + c2), s2), m0);
  const yes = v128.bitselect(f32x4.lt(v128.load(rows + c3), s3), f32x4.lt(v128.load(rows + c4), s4), m1);
  const no = v128.bitselect(f32x4.lt(v128.load(rows + c5), s5), f32x4.lt(v128.load(rows + c6), s6), m1);
  const m2 = v128.bitselect(yes, no, m0);
  return i32x4.add(i32x4.add(first, v128.andnot(four, m0)), i32x4.add(v128.andnot(two, m1), v128.andnot(one, m2)));
}

/** Walks groups through a tree. @param depth steps to take, at least three @param sum of the first row */
// @ts-ignore: decorator
@inline
function descend(root: usize, depth: u32, rows: usize, bytes: usize, sum: usize, end: usize): void {
  // V8 doesn't move what stays the same out of a loop.
  const four = i32x4.splat(4 * 12), two = i32x4.splat(2 * 12), one = i32x4.splat(12);
  const first = i32x4.splat(<i32>root + 7 * 12);
  const s0 = v128.load_splat<f32>(root), s1 = v128.load_splat<f32>(root, 12), s2 = v128.load_splat<f32>(root, 24);
  const s3 = v128.load_splat<f32>(root, 36), s4 = v128.load_splat<f32>(root, 48);
  const s5 = v128.load_splat<f32>(root, 60), s6 = v128.load_splat<f32>(root, 72);
  const c0 = <usize>load<u32>(root, 4), c1 = <usize>load<u32>(root, 16), c2 = <usize>load<u32>(root, 28);
  const c3 = <usize>load<u32>(root, 40), c4 = <usize>load<u32>(root, 52);
  const c5 = <usize>load<u32>(root, 64), c6 = <usize>load<u32>(root, 76);
  for (; sum < end; sum += 32) {
    const low = enter(rows, first, four, two, one, s0, s1, s2, s3, s4, s5, s6, c0, c1, c2, c3, c4, c5, c6);
    const high = enter(rows + 16, first, four, two, one, s0, s1, s2, s3, s4, s5, s6, c0, c1, c2, c3, c4, c5, c6);
    let a = <usize>i32x4.extract_lane(low, 0), b = <usize>i32x4.extract_lane(low, 1);
    let c = <usize>i32x4.extract_lane(low, 2), d = <usize>i32x4.extract_lane(low, 3);
    let e = <usize>i32x4.extract_lane(high, 0), f = <usize>i32x4.extract_lane(high, 1);
    let g = <usize>i32x4.extract_lane(high, 2), h = <usize>i32x4.extract_lane(high, 3);
    for (let i: u32 = 3; i < depth; i++) {
      a = step(a, rows, 0);
      b = step(b, rows, 4);
      c = step(c, rows, 8);
      d = step(d, rows, 12);
      e = step(e, rows, 16);
      f = step(f, rows, 20);
      g = step(g, rows, 24);
      h = step(h, rows, 28);
    }
    add(sum, a);
    add(sum + 4, b);
    add(sum + 8, c);
    add(sum + 12, d);
    add(sum + 16, e);
    add(sum + 20, f);
    add(sum + 24, g);
    add(sum + 28, h);
    rows += bytes;
  }
}

/** The least and the largest value of each column over the rows: two floats at the column's offset, NaN if any value is. */
// @ts-ignore: decorator
@inline
function bounds(rows: usize, bytes: usize, groups: u32, leaves: usize, to: usize): void {
  for (let column: usize = 0; column < leaves; column += 32) {
    let group = rows + column;
    let least = v128.load(group), most = least;
    for (let i: u32 = 0; i < groups; i++) {
      const low = v128.load(group), high = v128.load(group, 16);
      least = f32x4.min(least, f32x4.min(low, high));
      most = f32x4.max(most, f32x4.max(low, high));
      group += bytes;
    }
    least = f32x4.min(least, v128.shuffle<f32>(least, least, 2, 3, 0, 1));
    most = f32x4.max(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
    store<f32>(to + column, min(f32x4.extract_lane(least, 0), f32x4.extract_lane(least, 1)));
    store<f32>(to + column, max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)), 4);
  }
  store<f32>(to + leaves, NaN);
  store<f32>(to + leaves, NaN, 4);
}

/** The next node for rows within the bounds; the same if they leave it in two ways, or never: the bounds of leaves are NaN. */
// @ts-ignore: decorator
@inline
function follow(node: usize, bounds: usize): usize {
  const split = load<f32>(node);
  const column = bounds + <usize>load<u32>(node, 4);
  const no = i32(load<f32>(column) >= split);
  const yes = i32(load<f32>(column, 4) < split);
  return select<usize>(<usize>load<u32>(node, 8) + select<usize>(12, 0, no), node, no | yes);
}

/** The first node from here down that rows within the bounds leave in two ways, or never. */
// @ts-ignore: decorator
@inline
function undecided(node: usize, bounds: usize): usize {
  // Most rows are there by now: a loop's end would be guessed wrong too often.
  node = follow(node, bounds);
  node = follow(node, bounds);
  for (;;) {
    const next = follow(node, bounds);
    if (next == node) return node;
    node = next;
  }
  return node; // the compiler asks for it
}

/** Copies a node's split and feature, which may be those of leaves. */
// @ts-ignore: decorator
@inline
function copy(from: usize, node: usize, yes: usize): void {
  store<f32>(node, load<f32>(from));
  store<u32>(node, load<u32>(from, 4), 4);
  store<u32>(node, <u32>yes, 8);
}

/** Of the levels that every tree has in full. */
const FULL_NODES: usize = 7;

/** Steps in the tree that `prune` wrote last. */
let prunedDepth: u32 = 0;

/**
 * Writes a tree with only the nodes that rows within the bounds can reach, level by level and with three levels in full,
 * as pack-trees.ts does. Rows reach the same leaves in it.
 * @param limit an address that no node may reach
 * @returns the end of the last node; 0 if they don't fit
 */
// @ts-ignore: decorator
@inline
function prune(root: usize, bounds: usize, to: usize, limit: usize): usize {
  // Until its turn comes, a node only says which of the old ones it stands for.
  store<u32>(to, <u32>undecided(root, bounds), 8);
  let end = to + 12;
  let node = to;
  for (; node < to + FULL_NODES * 12; node += 12) {
    const from = <usize>load<u32>(node, 8);
    const yes = <usize>load<u32>(from, 8);
    copy(from, node, end);
    store<u32>(end, <u32>undecided(yes, bounds), 8);
    store<u32>(end, <u32>undecided(select<usize>(from, yes + 12, i32(yes == from)), bounds), 20);
    end += 24;
  }
  let depth: u32 = 3;
  for (let level = end; node < end; node += 12) {
    if (node == level) {
      depth++;
      level = end;
    }
    const from = <usize>load<u32>(node, 8);
    const yes = <usize>load<u32>(from, 8);
    if (yes == from) {
      copy(from, node, node);
      continue;
    }
    if (end + 24 > limit) return 0;
    copy(from, node, end);
    store<u32>(end, <u32>undecided(yes, bounds), 8);
    store<u32>(end, <u32>undecided(yes + 12, bounds), 20);
    end += 24;
  }
  prunedDepth = depth;
  return end;
}

/** What a pruned tree's node costs, in steps of a row. */
const NODE_STEPS: i32 = 8;
/** Steps that pruning may cost a segment before it must have saved some. */
const CREDIT: i32 = 4096;
/** Segments with fewer rows are not worth pruning for. */
const FEW_GROUPS: u32 = 2;

/**
 * Adds up the leaves of all trees for all segments. Where the rows of a segment are alike, as rides between the same
 * zones are, most of a tree is out of their reach: a tree is first pruned to what remains, as long as that saves more
 * steps than it takes. Tree by tree rather than segment by segment, because a tree stays in the core's first cache.
 * @param roots   addresses of the trees' first nodes; as many as `trees`
 * @param depths  steps to take in each tree, at least three
 * @param bytes   from a group to the next
 * @param leaves  the offset of the column that is always -Infinity, the last
 * @param scratch room for a pruned tree, up to `limit`
 */
export function walk(
  roots: usize, depths: usize, trees: u32, segments: usize, count: u32, bytes: usize, leaves: usize, scratch: usize, limit: usize,
): void {
  const last = segments + <usize>count * 20;
  for (let segment = segments; segment < last; segment += 20) {
    const groups = load<u32>(segment, 4);
    memory.fill(<usize>load<u32>(segment, 8), 0, <usize>groups << 5);
    store<i32>(segment, groups < FEW_GROUPS ? -1 : CREDIT, 16);
    if (groups >= FEW_GROUPS) bounds(<usize>load<u32>(segment), bytes, groups, leaves, <usize>load<u32>(segment, 12));
  }
  for (let t: usize = 0; t < <usize>trees; t++) {
    const root = <usize>load<u32>(roots + (t << 2));
    const depth = load<u32>(depths + (t << 2));
    for (let segment = segments; segment < last; segment += 20) {
      const groups = load<u32>(segment, 4);
      const sums = <usize>load<u32>(segment, 8);
      let credit = load<i32>(segment, 16);
      let from = root, steps = depth;
      if (credit >= 0) {
        // As many nodes as rows would cost more than they could save.
        const end = prune(root, <usize>load<u32>(segment, 12), scratch, min(limit, scratch + (<usize>groups << 3) * 12));
        if (end == 0) credit -= <i32>(groups << 3) * NODE_STEPS;
        else {
          from = scratch;
          steps = prunedDepth;
          credit += <i32>(groups << 3) * <i32>(depth - steps) - <i32>((end - scratch) / 12) * NODE_STEPS;
        }
        store<i32>(segment, credit, 16);
      }
      descend(from, steps, <usize>load<u32>(segment), bytes, sums, sums + (<usize>groups << 5));
    }
  }
}

/** One row through eight trees at once: alone, it would wait for each of its loads. The last trees come one by one. */
export function walkOne(roots: usize, depths: usize, trees: u32, row: usize, sum: usize): void {
  let total: f32 = 0;
  let t: usize = 0;
  for (; t + 8 <= <usize>trees; t += 8) {
    const root = roots + (t << 2);
    let a: usize = load<u32>(root), b: usize = load<u32>(root, 4), c: usize = load<u32>(root, 8), d: usize = load<u32>(root, 12);
    let e: usize = load<u32>(root, 16), f: usize = load<u32>(root, 20), g: usize = load<u32>(root, 24), h: usize = load<u32>(root, 28);
    let depth: u32 = 0;
    for (let i: usize = 0; i < 32; i += 4) depth = max(depth, load<u32>(depths + (t << 2) + i));
    for (let i: u32 = 0; i < depth; i++) {
      a = step(a, row, 0);
      b = step(b, row, 0);
      c = step(c, row, 0);
      d = step(d, row, 0);
      e = step(e, row, 0);
      f = step(f, row, 0);
      g = step(g, row, 0);
      h = step(h, row, 0);
    }
    total += load<f32>(a);
    total += load<f32>(b);
    total += load<f32>(c);
    total += load<f32>(d);
    total += load<f32>(e);
    total += load<f32>(f);
    total += load<f32>(g);
    total += load<f32>(h);
  }
  for (; t < <usize>trees; t++) {
    let node = <usize>load<u32>(roots + (t << 2));
    const depth = load<u32>(depths + (t << 2));
    for (let i: u32 = 0; i < depth; i++) node = step(node, row, 0);
    total += load<f32>(node);
  }
  store<f32>(sum, total);
}

/** Nodes that may also ask for equality: {f32 below, u32 feature, u32 yes, f32 from} asks for from <= x < below. */
// @ts-ignore: decorator
@inline
function stepAny(node: usize, group: usize, lane: usize): usize {
  const x = load<f32>(group + <usize>load<u32>(node, 4) + lane);
  return <usize>load<u32>(node, 8) + select<usize>(0, 16, i32(x < load<f32>(node)) & i32(x >= load<f32>(node, 12)));
}

/** Like `walk`, from the root. */
export function walkAny(roots: usize, depths: usize, trees: u32, group: usize, bytes: usize, groups: u32, sums: usize): void {
  memory.fill(sums, 0, <usize>groups * 32);
  for (let t: usize = 0; t < <usize>trees; t++) {
    const root = <usize>load<u32>(roots + (t << 2));
    const depth = load<u32>(depths + (t << 2));
    let rows = group;
    let sum = sums;
    const end = sums + (<usize>groups << 5);
    for (; sum < end; sum += 32) {
      let a = root, b = root, c = root, d = root, e = root, f = root, g = root, h = root;
      for (let i: u32 = 0; i < depth; i++) {
        a = stepAny(a, rows, 0);
        b = stepAny(b, rows, 4);
        c = stepAny(c, rows, 8);
        d = stepAny(d, rows, 12);
        e = stepAny(e, rows, 16);
        f = stepAny(f, rows, 20);
        g = stepAny(g, rows, 24);
        h = stepAny(h, rows, 28);
      }
      add(sum, a);
      add(sum + 4, b);
      add(sum + 8, c);
      add(sum + 12, d);
      add(sum + 16, e);
      add(sum + 20, f);
      add(sum + 24, g);
      add(sum + 28, h);
      rows += bytes;
    }
  }
}
