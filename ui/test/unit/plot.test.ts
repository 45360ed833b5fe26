import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bandOf, groupRuns } from '../../src/lib/bands.ts'
import { environmentRows, isEnvironmentFile } from '../../src/lib/environment.ts'
import { axisOf, brushBetween, brushTexts, isWithin, parseBrushes, placeOf, placesOf, placesOfBrush, surfaceOf, ticksOf, valueAtPlace, type Axis } from '../../src/lib/plot.ts'

test('params that read as numbers stand on an axis of numbers', () => {
  assert.deepEqual(axisOf(['1', 3, '2.5']), { kind: 'number', low: 1, high: 3, log: false, whole: false })
  assert.deepEqual(axisOf(['1e-3', '0.1', '1']), { kind: 'number', low: 0.001, high: 1, log: true, whole: false })
  assert.equal((axisOf(Array.from({ length: 100 }, (_, i) => 0.01 + i / 100)) as { log: boolean }).log, false, 'spread evenly')
  assert.deepEqual(axisOf(['b', 'a10', undefined, 'a9']), { kind: 'name', names: ['a9', 'a10', 'b'] })
  assert.deepEqual(axisOf(['1', 'auto']), { kind: 'name', names: ['1', 'auto'] })
  assert.deepEqual(axisOf([Number.NaN, 5]), { kind: 'number', low: 2.5, high: 7.5, log: false, whole: true })
  assert.equal(axisOf([undefined, Number.POSITIVE_INFINITY]), undefined)
})

test('a place and its value are each other', () => {
  const axes: Axis[] = [axisOf([1, 3])!, axisOf([0.001, 1])!, axisOf([-5, 5])!]
  for (const axis of axes) {
    for (const place of [0, 0.25, 0.5, 1]) assert.ok(Math.abs(placeOf(axis, valueAtPlace(axis, place))! - place) < 1e-9)
  }
  const names = axisOf(['a', 'b', 'c'])!
  assert.deepEqual(['a', 'b', 'c', 'd'].map((name) => placeOf(names, name)), [0, 0.5, 1, undefined])
  assert.equal(valueAtPlace(names, 0.5), 1)
})

test('ticks are round and inside', () => {
  assert.deepEqual(ticksOf(axisOf([0, 0.5, 1])!, 5).map(({ value }) => value), [0, 0.2, 0.4, 0.6, 0.8, 1])
  assert.deepEqual(ticksOf(axisOf([0.001, 1])!, 5).map(({ value }) => value), [0.001, 0.01, 0.1, 1])
  assert.deepEqual(ticksOf(axisOf([3, 5])!, 5).map(({ value }) => value), [3, 4, 5])
  for (const axis of [axisOf([3, 3]), axisOf([-1e-9, 1e-9]), axisOf([1e12, 1e12 + 5]), axisOf([7, 7123])]) {
    const ticks = ticksOf(axis!, 5)
    assert.ok(ticks.length >= 1 && ticks.length <= 9, String(ticks.length))
    for (const { place } of ticks) assert.ok(place >= -1e-6 && place <= 1 + 1e-6)
  }
})

test('numbers that differ only in their last digits have few ticks, each once', () => {
  const tiny: [number, number][] = [[0.3, 0.1 + 0.2], [1, 0.9999999999999999], [1, 1 + 2 * Number.EPSILON], [1e17, 1e17 + 16], [-0.3, -0.1 - 0.2], [5e-324, 1e-323], [-1.7e308, 1.7e308]]
  for (const [one, other] of tiny) {
    for (const most of [0, 1, 5, 12]) {
      const ticks = ticksOf(axisOf([one, other])!, most)
      assert.ok(ticks.length <= Math.max(most, 1) + 3, `${one}, ${other}: ${ticks.length}`)
      assert.equal(new Set(ticks.map(({ value }) => value)).size, ticks.length)
      for (const { place } of ticks) assert.ok(place >= -1e-6 && place <= 1 + 1e-6, `${one}, ${other}: ${place}`)
    }
  }
  assert.deepEqual(ticksOf(axisOf([0.3, 0.1 + 0.2])!, 5), [{ place: 0, value: 0.3 }])
})

test('a surface goes through its points and ends away from them', () => {
  const points = [
    { x: 0.05, y: 0.05, value: 1 },
    { x: 0.25, y: 0.05, value: 2 },
    { x: 0.05, y: 0.25, value: 3 },
    { x: 0.25, y: 0.25, value: 4 },
    { x: 0.25, y: 0.25, value: 6 },
  ]
  assert.equal(placesOf(points), 4)
  const surface = surfaceOf(points, 10, 10, 0.3)
  assert.ok(Math.abs(surface[0]! - 1) < 0.01)
  assert.ok(Math.abs(surface[2 * 10 + 2]! - 5) < 0.01, 'two runs at one place count by their mean')
  assert.ok(Number.isNaN(surface[99]!))
  for (const value of surface) assert.ok(Number.isNaN(value) || (value >= 1 && value <= 6))
})

test('ranges survive the address', () => {
  const brushes = [
    { axis: 'params.a:b, c', from: -1.5, to: 2e-7 },
    { axis: 'metrics.loss', from: 0, to: 0 },
    { axis: 'metrics.auc', from: 0.123456789, to: 0.123456791 },
    { axis: 'metrics.n', from: 1234567891, to: 1234567892 },
    { axis: 'params.kind', first: 'tree:=1,2', last: 'tree:=1,2' },
    { axis: 'params.`a:=b`', first: '', last: 'x9' },
  ]
  assert.deepEqual(parseBrushes(brushes.flatMap(brushTexts)), brushes)
  assert.deepEqual(brushTexts({ axis: 'params.kind', first: 'linear', last: 'linear' }), ['params.kind:=linear'])
  assert.deepEqual(parseBrushes(['metrics.loss', 'metrics.loss:2,1', 'x:a,b', '']), [])
})

test('a range has what stands at its ends and between', () => {
  const metric = { axis: 'm', from: 0.123456789, to: 0.123456789 }
  assert.ok(isWithin(0.123456789, metric) && !isWithin(0.12345679, metric) && !isWithin(undefined, metric))
  assert.deepEqual(['3', '5e0', '5.1', 'auto'].map((value) => isWithin(value, { axis: 'p', from: 3, to: 5 })), [true, true, false, false])
  // Names mean the same among other names.
  const names = { axis: 'p', first: 'a9', last: 'b' }
  assert.deepEqual(['a', 'a9', 'a10', 'b', 'c'].map((name) => isWithin(name, names)), [false, true, true, true, false])
  assert.deepEqual(['1', '01', 1].map((value) => isWithin(value, { axis: 'p', first: '1', last: '1' })), [true, false, true])
})

test('a range that is drawn over names has those that it touches', () => {
  const names = axisOf(['a', 'b', 'c'])!
  assert.deepEqual(brushBetween('p', names, 1, 0.4), { axis: 'p', first: 'b', last: 'c' })
  assert.equal(brushBetween('p', names, 0.1, 0.4), undefined)
  assert.deepEqual(placesOfBrush(names, { axis: 'p', first: 'b', last: 'b' }), [0.4, 0.6])
  assert.equal(placesOfBrush(names, { axis: 'p', first: 'x', last: 'x' }), undefined)
  assert.equal(placesOfBrush(names, { axis: 'p', from: 1, to: 2 }), undefined)
  const numbers = axisOf([1, 3])!
  assert.deepEqual(brushBetween('m', numbers, 0.5, 0), { axis: 'm', from: 1, to: 2 })
  assert.deepEqual(placesOfBrush(numbers, { axis: 'm', from: 1, to: 2 }), [0, 0.5])
})

test('a band is the mean and the spread of the curves that are there', () => {
  const band = bandOf(
    [
      { xs: [0, 2, 4], ys: [0, 2, 4] },
      { xs: [0, 1, 2], ys: [2, 3, 4] },
    ],
    'range',
  )
  assert.deepEqual(band.xs, [0, 1, 2, 4])
  assert.deepEqual(band.mean, [1, 2, 3, 4])
  assert.deepEqual(band.low, [0, 1, 2, 4])
  assert.deepEqual(band.high, [2, 3, 4, 4])
  const sd = bandOf([{ xs: [0], ys: [0] }, { xs: [0], ys: [2] }], 'sd')
  assert.ok(Math.abs(sd.high[0]! - (1 + Math.SQRT2)) < 1e-12)
  assert.deepEqual(bandOf([{ xs: [0, 1, 2], ys: [1, null, 3] }], 'range').mean, [1, 2, 3])
  const long = bandOf([{ xs: Array.from({ length: 5000 }, (_, i) => i), ys: Array.from({ length: 5000 }, () => 1) }], 'range')
  assert.ok(long.xs.length <= 1001 && long.xs[0] === 0 && long.xs.at(-1) === 4999)
})

test('runs are one line when nothing but the seed differs', () => {
  const runs = [
    { lr: '0.1', seed: '1' },
    { seed: '2', lr: '0.1' },
    { lr: '0.01', seed: '1' },
  ]
  assert.deepEqual(groupRuns(runs, (run) => run, 'seed', 'same').map(({ label, runs: { length } }) => [label, length]), [['lr = 0.1', 2], ['lr = 0.01', 1]])
  assert.deepEqual(groupRuns(runs, (run) => run, 'seed', 'value').map(({ label, runs: { length } }) => [label, length]), [['seed = 1', 2], ['seed = 2', 1]])
  assert.deepEqual(groupRuns(runs.slice(0, 2), (run) => run, 'seed', 'same').map(({ label }) => label), ['any seed'])
})

test('an environment is a row for each package', () => {
  assert.deepEqual(environmentRows('model/requirements.txt', 'mlflow==3.18.0\n# comment\nnumpy>=2.1 # why\nscikit-learn[x]==1.7\n\n--no-index\n'), {
    'mlflow · requirements.txt': '3.18.0',
    'numpy · requirements.txt': '>=2.1',
    'scikit-learn[x] · requirements.txt': '1.7',
    '--no-index · requirements.txt': 'yes',
  })
  assert.deepEqual(environmentRows('conda.yaml', 'channels:\n- conda-forge\ndependencies:\n- python=3.11.4\n- pip<=24\n- pip:\n  - mlflow==3.1\nname: mlflow-env\n'), {
    'conda-forge · conda.yaml': 'any',
    'python · conda.yaml': '3.11.4',
    'pip · conda.yaml': '<=24',
    'mlflow · conda.yaml': '3.1',
    'name · conda.yaml': 'mlflow-env',
  })
  assert.ok(isEnvironmentFile('model/python_env.yaml'))
  assert.ok(!isEnvironmentFile('model/my-requirements.txt'))
})
