import assert from 'node:assert/strict'
import { test } from 'node:test'
import { axisOf } from '../../src/lib/axis.ts'
import { figureOf, histogram, timeOf } from '../../src/lib/figure.ts'

const note = { title: '', kind: 'number', reversed: false } as const

test('a figure is told from any other JSON', () => {
  for (const other of [null, 1, 'x', [], {}, { data: [] }, { data: [[1]] }, { data: [{ a: 1 }], layout: {} }, { columns: ['a'], data: [[1]] }]) assert.equal(figureOf(other), undefined, JSON.stringify(other))
  assert.ok(figureOf({ data: [], layout: {} }))
  assert.ok(figureOf({ data: [{ y: [1] }], layout: {} }))
})

test('arrays of bytes are read as Plotly 6 writes them', () => {
  const bdata = btoa(String.fromCharCode(...new Uint8Array(new Float64Array([1.5, -2]).buffer)))
  const [panel] = figureOf({ data: [{ type: 'scatter', y: { dtype: 'f8', bdata } }], layout: {} })!.panels
  const trace = panel!.traces[0]!
  assert.ok(trace.kind === 'lines')
  assert.deepEqual([trace.xs, trace.ys, trace.markers], [[0, 1], [1.5, -2], true])
  const flat = btoa(String.fromCharCode(1, 2, 3, 4, 5, 6))
  const heat = figureOf({ data: [{ type: 'heatmap', z: { dtype: 'u1', bdata: flat, shape: '2, 3' } }], layout: {} })!.panels[0]!.traces[0]!
  assert.ok(heat.kind === 'heat')
  assert.deepEqual(heat.zs, [[1, 2, 3], [4, 5, 6]])
})

test('traces that are not drawn are counted by their kind', () => {
  const figure = figureOf({ data: [{ type: 'pie', values: [1] }, { type: 'pie', values: [2] }, { type: 'bar', x: ['a'], y: [1] }, { type: 'scatter', y: [1], visible: false }], layout: { title: { text: 'A <b>b</b>' } } })!
  assert.deepEqual(figure.undrawn, [{ kind: 'pie', count: 2 }])
  assert.equal(figure.title, 'A b')
  assert.equal(figure.panels.length, 1)
  assert.equal(figure.panels[0]!.x.kind, 'category')
})

test('each pair of axes is a panel', () => {
  const figure = figureOf({ data: [{ y: [1] }, { y: [2], xaxis: 'x2', yaxis: 'y2' }], layout: { xaxis2: { title: { text: 'second' }, type: 'log' } } })!
  assert.deepEqual(figure.panels.map(({ x }) => [x.title, x.kind]), [['', 'number'], ['second', 'log']])
})

test('a histogram holds every value once', () => {
  const values = Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 50)
  const { xs, ys } = histogram(values, 0, '')
  assert.equal(ys.reduce((sum, y) => sum + y, 0), 1000)
  assert.equal(xs.length, ys.length)
  assert.deepEqual(histogram(['a', 'b', 'a', null], 0, ''), { xs: ['a', 'b'], ys: [2, 1] })
  assert.ok(Math.abs(histogram(values, 7, 'percent').ys.reduce((sum, y) => sum + y, 0) - 100) < 1e-9)
  assert.deepEqual(histogram([], 0, ''), { xs: [], ys: [] })
})

test('values stand along an axis in their order', () => {
  const axis = axisOf(note, [0, 10, null, 5], 100, 200, { zero: false, labelWidth: 20 })
  assert.ok(axis.at(0)! < axis.at(5)! && axis.at(5)! < axis.at(10)!)
  assert.equal(axis.at(null), undefined)
  assert.ok(axis.ticks.every(({ at }) => at >= 100 && at <= 200) && axis.ticks.length >= 2)
  const log = axisOf({ ...note, kind: 'log' }, [0, 1, 1000], 0, 90, { zero: false, labelWidth: 20 })
  assert.equal(log.at(0), undefined)
  assert.deepEqual(log.ticks.map(({ label }) => label), ['1', '10', '100', '1000'])
  const words = axisOf({ ...note, kind: 'category', reversed: true }, ['a', 'b'], 0, 100, { zero: false, labelWidth: 10 })
  assert.deepEqual([words.at('a'), words.at('b'), words.band], [75, 25, 50])
})

test('what is too far off for a date has no label', () => {
  const axis = axisOf({ ...note, kind: 'date' }, [0, 3e16], 0, 500, { zero: false, labelWidth: 100 })
  assert.ok(axis.ticks.length > 1 && axis.ticks.some(({ label }) => label === ''))
})

test('dates without a zone are read in UTC', () => {
  assert.equal(timeOf('2026-01-02 03:04:05'), Date.UTC(2026, 0, 2, 3, 4, 5))
  assert.equal(timeOf('2026-01-02'), Date.UTC(2026, 0, 2))
  assert.equal(timeOf('x'), null)
})
