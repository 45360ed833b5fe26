// Arithmetic of curves: smoothing, joining, domains.

/** A curve of one run and key. `xs` ascend. */
export interface Curve {
  xs: number[]
  ys: (number | null)[]
}

/**
 * Exponential moving average without the pull towards its first value. Gaps in x weigh as the steps they span, so a
 * reduced curve smooths like the whole one: a point k steps after another keeps weight^k of it.
 */
export function smooth(curve: Curve, weight: number): (number | null)[] {
  if (weight <= 0) return curve.ys
  const step = typicalStep(curve.xs)
  const out: (number | null)[] = []
  let sum = 0
  let total = 0
  let last = Number.NaN
  for (let i = 0; i < curve.xs.length; i++) {
    const y = curve.ys[i]
    if (y === null || y === undefined || !Number.isFinite(y)) {
      out.push(null)
      continue
    }
    const x = curve.xs[i]!
    const span = Number.isNaN(last) ? 1 : Math.max((x - last) / step, 0)
    const keep = weight ** (x === last ? 1 : span)
    sum = sum * keep + y * (1 - weight)
    total = total * keep + (1 - weight)
    last = x
    out.push(sum / total)
  }
  return out
}

function typicalStep(xs: number[]): number {
  if (xs.length < 2) return 1
  const gaps: number[] = []
  for (let i = 1; i < xs.length; i++) if (xs[i]! > xs[i - 1]!) gaps.push(xs[i]! - xs[i - 1]!)
  if (gaps.length === 0) return 1
  gaps.sort((a, b) => a - b)
  return gaps[gaps.length >> 1]!
}

export interface Joined {
  xs: number[]
  /** `undefined` where a curve has no point there (the line goes on), `null` where it has a gap. */
  ys: (number | null | undefined)[][]
}

/** Curves over one common x axis. Points of one curve that share an x all stay, as a vertical stroke. */
export function joinCurves(curves: readonly Curve[]): Joined {
  const counts = new Map<number, number>()
  for (const { xs } of curves) {
    let at = 0
    while (at < xs.length) {
      let end = at + 1
      while (end < xs.length && xs[end] === xs[at]) end++
      counts.set(xs[at]!, Math.max(counts.get(xs[at]!) ?? 0, end - at))
      at = end
    }
  }
  const distinct = [...counts.keys()].sort((a, b) => a - b)
  const start = new Map<number, number>()
  const joined: number[] = []
  for (const x of distinct) {
    start.set(x, joined.length)
    for (let i = 0; i < counts.get(x)!; i++) joined.push(x)
  }
  const ys = curves.map((curve) => {
    const row = new Array<number | null | undefined>(joined.length).fill(undefined)
    let nth = 0
    curve.xs.forEach((x, i) => {
      nth = i > 0 && curve.xs[i - 1] === x ? nth + 1 : 0
      row[start.get(x)! + nth] = curve.ys[i]
    })
    return row
  })
  return { xs: joined, ys }
}

/** What a curve says at a glance. Undefined when nothing in it is a number. */
export function summary(curve: Curve): { last: number; min: number; max: number } | undefined {
  let last: number | undefined
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (const y of curve.ys) {
    if (y === null || !Number.isFinite(y)) continue
    last = y
    min = Math.min(min, y)
    max = Math.max(max, y)
  }
  return last === undefined ? undefined : { last, min, max }
}

/** A log axis shows only what is positive. */
export function positiveOnly(ys: (number | null)[]): (number | null)[] {
  return ys.map((y) => (y !== null && y > 0 ? y : null))
}

/** Places of numbers with a gap on both sides, which no line shows; undefined is where only another curve has a point. */
export function isolatedPlaces(ys: ArrayLike<number | null | undefined>): number[] {
  const found: number[] = []
  let alone = -1
  let afterGap = true
  for (let i = 0; i < ys.length; i++) {
    const y = ys[i]
    if (y === undefined) continue
    if (y === null && alone >= 0) found.push(alone)
    alone = y !== null && afterGap ? i : -1
    afterGap = y === null
  }
  if (alone >= 0) found.push(alone)
  return found
}
