import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isolatedPlaces, joinCurves, positiveOnly, smooth, summary } from '../../src/lib/series.ts'

test('smoothing a constant changes nothing', () => {
  const xs = Array.from({ length: 50 }, (_, i) => i)
  for (const y of smooth({ xs, ys: xs.map(() => 3) }, 0.9)) assert.ok(Math.abs(y! - 3) < 1e-12)
})

test('the first point is not pulled towards zero', () => {
  assert.equal(smooth({ xs: [0, 1], ys: [10, 10] }, 0.99)[0], 10)
})

test('no weight, no change', () => {
  const ys = [1, null, 3]
  assert.equal(smooth({ xs: [0, 1, 2], ys }, 0), ys)
})

test('gaps stay gaps and do not spoil what follows', () => {
  const out = smooth({ xs: [0, 1, 2], ys: [1, null, 1] }, 0.5)
  assert.equal(out[1], null)
  assert.ok(Math.abs(out[2]! - 1) < 1e-12)
})

test('a point after a long gap weighs more than one after a short gap', () => {
  const near = smooth({ xs: [0, 1, 2, 3, 4], ys: [0, 0, 0, 0, 1] }, 0.9).at(-1)!
  const far = smooth({ xs: [0, 1, 2, 3, 40], ys: [0, 0, 0, 0, 1] }, 0.9).at(-1)!
  assert.ok(far > near)
})

test('smoothed values lie between the lowest and the highest', () => {
  const xs = Array.from({ length: 200 }, (_, i) => i)
  const ys = xs.map((x) => Math.sin(x * 12.9898) * 5)
  for (const y of smooth({ xs, ys }, 0.7)) assert.ok(y! >= -5 && y! <= 5)
})

test('curves are joined over one axis, each point kept', () => {
  const joined = joinCurves([
    { xs: [0, 2, 2, 5], ys: [1, 2, 3, 4] },
    { xs: [1, 2], ys: [9, null] },
  ])
  assert.deepEqual(joined.xs, [0, 1, 2, 2, 5])
  assert.deepEqual(joined.ys[0], [1, undefined, 2, 3, 4])
  assert.deepEqual(joined.ys[1], [undefined, 9, null, undefined, undefined])
})

test('nothing joined is nothing', () => {
  assert.deepEqual(joinCurves([]), { xs: [], ys: [] })
})

test('a summary leaves out what is no number', () => {
  assert.deepEqual(summary({ xs: [0, 1, 2], ys: [2, null, 1] }), { last: 1, min: 1, max: 2 })
  assert.equal(summary({ xs: [0], ys: [null] }), undefined)
})

test('a log axis has no place for zero and below', () => {
  assert.deepEqual(positiveOnly([1, 0, -1, null]), [1, null, null, null])
})

test('numbers between gaps are found, and those that a line shows are not', () => {
  assert.deepEqual(isolatedPlaces([1, null, 2, 3, null, 4]), [0, 5])
  assert.deepEqual(isolatedPlaces([null, 1, undefined, null, 2, undefined, 3]), [1])
  assert.deepEqual(isolatedPlaces([1, 2]), [])
  assert.deepEqual(isolatedPlaces([]), [])
})
