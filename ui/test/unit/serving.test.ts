import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Activity, Comparison, ModelInput, Revision, Variant } from '../../src/api/serving.ts'
import { activitySeries, agrees, changesOf, colorsOf, formatDifference, formatMean, formatMillis, formatRate, matrixOf, parseGuards, pulseOf, sharesOf, verdictOf, weightFor } from '../../src/lib/serving.ts'
import { codeOf, pythonOf } from '../../src/lib/serving-code.ts'
import { bodyOf, exampleOf, hintOf, inputsOf, rangeNote, readInput, rowOf, typedOf } from '../../src/lib/serving-form.ts'
import { endpointSearch, predictionSearch } from '../../src/lib/serving-search.ts'

const POLICY = { log: 'on', sample: 1, when_full: 'serve', redact: [], retention_days: 0, tolerance: 0.01, most_at_once: 1000, sleep_after_seconds: 0, batch_rows: 0, input: {} } as const
const variant = (version: number, weight: number): Variant => ({ name: `v${version}`, model: 'churn', version: String(version), weight })
const revision = (number: number, variants: Variant[], more: Partial<Revision> = {}): Revision => ({ number, variants, shadows: [], sticky: '', policy: { ...POLICY, redact: [] }, created_at: '2026-11-27T10:00:00Z', created_by: 'ann', ...more })
const input = (name: string, type: ModelInput['type'], more: Partial<ModelInput> = {}): ModelInput => ({ name, type, width: 1, missing_allowed: false, ...more })

test('shares are whole percents that sum to 100', () => {
  assert.deepEqual(sharesOf([1, 1, 1]), [34, 33, 33])
  assert.deepEqual(sharesOf([90, 10]), [90, 10])
  assert.deepEqual(sharesOf([0, 5]), [0, 100])
  assert.deepEqual(sharesOf([0, 0]), [0, 0])
  for (let n = 1; n <= 20; n++) assert.equal(sharesOf(Array.from({ length: n }, (_, i) => i * i + 1)).reduce((a, b) => a + b, 0), 100)
})

test('a new variant gets the weight of its share beside the others', () => {
  for (const others of [[100], [90, 10], [3, 4], [1_000]]) {
    for (const percent of [5, 10, 50, 80]) {
      const weight = weightFor(percent, others)
      const share = (weight / (weight + others.reduce((a, b) => a + b, 0))) * 100
      assert.ok(Math.abs(share - percent) < 8, `${percent} % beside ${others} is ${share} %`)
    }
  }
  assert.equal(weightFor(10, [90]), 10)
  assert.equal(weightFor(0, [100]), 0)
})

const NOW = 1_000_000_000_000
const at = (stepsAgo: number): number => NOW / 1000 - 10 * stepsAgo
const ACTIVITY: Activity = {
  step_seconds: 10,
  variants: [
    { name: 'v1', points: [[at(3), 20, 0, 0, 2, 8], [at(1), 10, 5, 5, 4, 9]] },
    { name: 'v2', points: [[at(2), 40, 0, 0, 1, 30]] },
  ],
  now: [],
}

test('steps without requests are zero from the first request on, and have no latency', () => {
  const [one, two] = activitySeries(ACTIVITY, 1, NOW)
  assert.equal(one!.xs.length, 6)
  assert.equal(one!.xs.at(-1), at(1))
  assert.deepEqual(one!.perSecond, [null, null, null, 2, 0, 2])
  assert.deepEqual(one!.p50, [null, null, null, 2, null, 4])
  assert.deepEqual(two!.perSecond, [null, null, null, null, 4, 0])
  assert.deepEqual(one!.failed, [null, null, null, 0, 0, 0.5])
})

test('the pulse of an endpoint is that of all its variants', () => {
  const pulse = pulseOf(ACTIVITY, 1, NOW)
  assert.equal(pulse.requests, 80)
  assert.equal(pulse.failed, 5)
  assert.equal(pulse.refused, 5)
  assert.equal(pulse.p99, 30)
  assert.equal(pulse.p50, 1)
  assert.deepEqual(pulse.rates, [0, 0, 0, 2, 4, 2])
  assert.deepEqual(pulse.slowest, [null, null, null, 8, 30, 9])
  assert.equal(pulseOf({ step_seconds: 10, variants: [], now: [] }, 5, NOW).p99, undefined)
})

test('latencies and rates are short', () => {
  assert.deepEqual([0.1234, 5.25, 123.4, 2345, null].map(formatMillis), ['0.12 ms', '5.3 ms', '123 ms', '2.35 s', '–'])
  assert.deepEqual([0, 0.05, 2.5, 1234].map(formatRate), ['0/s', '3/min', '2.5/s', '1230/s'])
})

test('guards are read as the server writes them', () => {
  assert.deepEqual(parseGuards('errors<0.1%, p99<20ms, disagreement<0.03, shift<0.1'), [
    { measure: 'errors', limit: 0.001 },
    { measure: 'p99', limit: 20 },
    { measure: 'disagreement', limit: 0.03 },
    { measure: 'shift', limit: 0.1 },
  ])
  assert.deepEqual(parseGuards('p99<1.5s'), [{ measure: 'p99', limit: 1500 }])
  assert.deepEqual(parseGuards(''), [])
  for (const wrong of ['errors<1ms', 'p99<3', 'mood<1%', 'errors<2', 'errors<1%, errors<2%', 'errors']) assert.equal(parseGuards(wrong), undefined, wrong)
})

test('a revision says what it changed', () => {
  const first = revision(1, [variant(3, 100)])
  assert.deepEqual(changesOf(first, undefined), ['Made: churn/3 answers'])
  const beside = revision(2, [variant(3, 90), variant(4, 10)])
  assert.deepEqual(changesOf(beside, first), ['Deployed churn/4 beside: churn/3 90 % and churn/4 10 %'])
  const half = revision(3, [variant(3, 50), variant(4, 50)], { sticky: 'customer' })
  assert.deepEqual(changesOf(half, beside), ['Traffic: churn/3 50 % and churn/4 50 %', 'Callers are sticky by customer'])
  assert.deepEqual(changesOf(revision(4, [variant(5, 100)], { sticky: 'customer' }), half), ['Deployed: churn/5 answers'])
  const shadowed = revision(2, [variant(3, 100)], { shadows: [variant(4, 0)], policy: { ...POLICY, redact: ['name'], log: 'sync' } })
  assert.deepEqual(changesOf(shadowed, first), ['churn/4 is a shadow', 'Policy: log sync, redact'])
  assert.deepEqual(changesOf(revision(2, [variant(3, 100)]), first), ['Deployed again'])
})

test('a canary is told from its beginning to its end', () => {
  const canary = { variant: 'v4', champion: 'v3', steps: [5, 50], step: 0, share: 5, hold_seconds: 60, least_requests: 10, guards: 'errors<1%' }
  const first = revision(1, [variant(3, 100)])
  const begun = revision(2, [variant(3, 95), variant(4, 5)], { canary })
  const further = revision(3, [variant(3, 50), variant(4, 50)], { canary: { ...canary, step: 1, share: 50 } })
  assert.deepEqual(changesOf(begun, first), ['Canary of churn/4 began at 5 %'])
  assert.deepEqual(changesOf(further, begun), ['Canary of churn/4 went on to 50 %'])
  assert.deepEqual(changesOf(revision(4, [variant(4, 100)]), further), ['Canary of churn/4 succeeded: it answers all'])
  assert.deepEqual(changesOf(revision(4, [variant(3, 100)]), further), ['Canary of churn/4 ended: churn/3 answers all'])
})

test('a comparison says who is better only when it is decided', () => {
  const side = (variant: string, count: number, mean: number) => ({ variant, count, mean, deviation: 0.4 })
  const compared = (more: Partial<Comparison>): Comparison => ({ measure: 'accuracy', alpha: 0.05, first: side('v1', 100, 0.8), second: side('v2', 90, 0.9), difference: 0.1, p_value: 0.01, interval: [0.02, 0.2], decided: true, ...more })
  assert.deepEqual(verdictOf(compared({})), { text: 'v2 is better than v1.', better: 'v2' })
  assert.deepEqual(verdictOf(compared({ measure: 'squared_error' })), { text: 'v2 is worse than v1.', better: 'v1' })
  assert.equal(verdictOf(compared({ decided: false })).better, undefined)
  assert.match(verdictOf(compared({ decided: false })).text, /^Not decided/)
  assert.match(verdictOf(compared({ interval: undefined, decided: false })).text, /100 answers, of v2 90. It takes 30/)
  assert.match(verdictOf(compared({ second: side('v2', 0, 0) })).text, /Of v2's answers nothing is known/)
  assert.equal(formatDifference('accuracy', -0.1234), '−12.3 points')
  assert.equal(formatDifference('absolute_error', 0.1234), '+0.123')
  assert.equal(formatMean('accuracy', 0.8), '80 %')
})

test('classes that met are a square of the most frequent', () => {
  const agreement = { compared: 10, disagreed: 3, mean_difference: 0, largest_difference: 0, shift: 0, classes: [['10', '10', 5], ['2', '2', 2], ['10', '2', 2], ['rare', '2', 1]] as [string, string, number][] }
  assert.deepEqual(matrixOf(agreement, 2), { names: ['2', '10'], counts: [[2, 0], [2, 5]], most: 5, left: 1 })
  assert.equal(matrixOf({ ...agreement, classes: [] }), undefined)
})

test('answers agree as the endpoint counts it', () => {
  assert.equal(agrees(100, 100.9, 0.01), true)
  assert.equal(agrees(100, 102, 0.01), false)
  assert.equal(agrees('a', 'a', 0), true)
  assert.equal(agrees([1, 2], [1, 3], 0.1), false)
  assert.equal(agrees(null, 1, 1), false)
})

test('a variant keeps its colour while the same names are there', () => {
  const colors = colorsOf(revision(1, [variant(10, 1), variant(9, 1)], { shadows: [variant(2, 0)] }), { step_seconds: 10, variants: [{ name: 'v1', points: [] }], now: [] })
  assert.deepEqual([...colors], [['v1', 0], ['v2', 1], ['v9', 2], ['v10', 3]])
})

test('what is typed becomes a value of the input, or says what is wrong', () => {
  assert.deepEqual(readInput(input('x', 'float64'), ' 1.5 '), { value: 1.5 })
  assert.deepEqual(readInput(input('x', 'int64'), '3'), { value: 3 })
  assert.deepEqual(readInput(input('x', 'int64'), '3.5'), { problem: 'expected a whole number' })
  assert.deepEqual(readInput(input('x', 'float64'), 'many'), { problem: 'expected a number' })
  assert.deepEqual(readInput(input('x', 'float64'), ''), { problem: 'a value is needed' })
  assert.deepEqual(readInput(input('x', 'float64', { missing_allowed: true }), ''), { value: null })
  assert.deepEqual(readInput(input('x', 'boolean'), 'True'), { value: true })
  assert.deepEqual(readInput(input('x', 'text'), ' as it is '), { value: ' as it is ' })
  assert.deepEqual(readInput(input('x', 'float32', { width: 3 }), '1, 2 3'), { value: [1, 2, 3] })
  assert.deepEqual(readInput(input('x', 'float32', { width: 3 }), '1, 2'), { problem: '2 values, expected 3' })
})

test('an input says what it takes, and an example of it fits', () => {
  const all = [input('age', 'int64', { range: [0, 121] }), input('x', 'float64', { missing_allowed: true }), input('t', 'text'), input('b', 'boolean'), input('img', 'float32', { width: 4, range: [0, 1] })]
  assert.equal(hintOf(all[0]!), 'whole number, 0 to 121')
  assert.equal(hintOf(all[1]!), 'number, may be empty')
  assert.equal(hintOf(all[4]!), '4 numbers, with commas between, 0 to 1')
  for (const each of all) {
    assert.ok('value' in readInput(each, exampleOf(each)), each.name)
    assert.equal(rangeNote(each, exampleOf(each)), undefined)
  }
  assert.equal(rangeNote(all[0]!, '130'), 'outside 0 to 121')
  assert.equal(hintOf(input('age', 'int64', { unit: 'year', range: [0, 9] })), 'whole number in year, 0 to 9')
  const plan = input('plan', 'text', { categories: ['basic', 'plus'] })
  assert.equal(hintOf(plan), 'text, one of basic, plus')
  assert.equal(exampleOf(plan), 'basic')
  assert.equal(rangeNote(plan, 'gold'), 'none of its categories')
  assert.equal(rangeNote(plan, 'plus'), undefined)
  assert.equal(rangeNote(input('zone', 'int64', { categories: [1, 2] }), '2'), undefined)
})

test('a row is a data frame, and tensors are inputs', () => {
  const inputs = [input('a', 'float64', { missing_allowed: true }), input('b', 'text')]
  const { row, problems } = rowOf(inputs, { a: '', b: 'x' })
  assert.deepEqual(problems, {})
  assert.deepEqual(bodyOf(inputs, row), { dataframe_split: { columns: ['a', 'b'], data: [[null, 'x']] } })
  assert.deepEqual(bodyOf([input('img', 'float32', { width: 2 })], { img: [1, 2] }), { inputs: { img: [[1, 2]] } })
  assert.deepEqual(typedOf(inputs, { a: null, b: 'x' }), { a: '', b: 'x' })
  assert.deepEqual(inputsOf([{ inputs }, { inputs: [input('a', 'int64'), input('c', 'text')] }]).map(({ name }) => name), ['a', 'b', 'c'])
})

test('the call is the same in every language', () => {
  const inputs = [input('monthly', 'float64'), input('plan "b"', 'text'), input('n', 'int64', { missing_allowed: true })]
  const row = { monthly: 7.5, 'plan "b"': "it's", n: null }
  const question = { origin: 'http://127.0.0.1:8484', endpoint: 'churn', inputs, row, body: bodyOf(inputs, row) }
  assert.match(codeOf('curl', question), /^curl -i http:\/\/127\.0\.0\.1:8484\/endpoints\/churn\/invocations/)
  assert.match(codeOf('curl', question), /it'\\''s/)
  assert.match(codeOf('python', question), /"columns": \["monthly", "plan \\"b\\"", "n"\],\n\s+"data": \[\[7\.5, "it's", None\]\],/)
  const triton = codeOf('tritonclient', question)
  assert.match(triton, /InferenceServerClient\("127\.0\.0\.1:8484"\)/)
  assert.match(triton, /column\("monthly", \[7\.5\], np\.float64, "FP64"\)/)
  assert.doesNotMatch(triton, /column\("n"/)
  assert.match(codeOf('java', question), /\\\\"b\\\\"/)
  assert.equal(pythonOf({ a: [true, false, null] }, ''), '{\n    "a": [True, False, None],\n}')
})

test('addresses hold the state of the serving screens and nothing else', () => {
  assert.deepEqual(endpointSearch({ section: 'try', minutes: '15', code: 'java', zoom: '1,2', other: 'x' }), { section: 'try', minutes: '15', code: 'java', zoom: '1,2' })
  assert.deepEqual(endpointSearch({ section: 'truth', truth: 'left', measure: 'squared_error', first: 'v1', second: 'v2', output: '' }), { section: 'truth', truth: 'left', measure: 'squared_error', first: 'v1', second: 'v2' })
  assert.deepEqual(endpointSearch({ section: 'no', measure: 'best', minutes: '7', code: 'perl', zoom: '2,1' }), {})
  assert.deepEqual(predictionSearch({ row: '3' }), { row: '3' })
  assert.deepEqual(predictionSearch({ row: '-1' }), {})
})
