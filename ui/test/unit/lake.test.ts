import assert from 'node:assert/strict'
import { test } from 'node:test'
import { snippetsOf, sqlName } from '../../src/lib/dataset-code.ts'
import { fatesOf, mappingOf, missingOf } from '../../src/lib/file-mapping.ts'
import { countWords, namespaceTree, wordsOf } from '../../src/lib/namespaces.ts'
import { shownOf, stepTo, thingOf } from '../../src/lib/lineage.ts'
import { tablesIn } from '../../src/lib/sql-context.ts'
import { barsOf, pairedBars, placeOf, spread } from '../../src/lib/profile.ts'
import { chartFor, compareCells, figureFor } from '../../src/lib/sql-result.ts'

const known = new Set(['census.people', 'sales.eu.orders', 'a b.c'])

test('datasets of a query are found with their aliases', () => {
  assert.deepEqual(tablesIn('select * from census.people', known), [{ dataset: 'census.people', alias: 'people' }])
  assert.deepEqual(tablesIn('select p. from census.people p join sales.eu.orders as o on p.id = o.id', known), [
    { dataset: 'census.people', alias: 'p' },
    { dataset: 'sales.eu.orders', alias: 'o' },
  ])
  assert.deepEqual(tablesIn('from census.people where x = 1', known), [{ dataset: 'census.people', alias: 'people' }])
  assert.deepEqual(tablesIn('from census.people p at (version => 3), "a b".c', known), [
    { dataset: 'census.people', alias: 'p' },
    { dataset: 'a b.c', alias: 'c' },
  ])
})

test('comments, texts and unknown names are no datasets', () => {
  assert.deepEqual(tablesIn("select 'from census.people' from nowhere.at_all -- join census.people", known), [])
  assert.deepEqual(tablesIn('/* from census.people', known), [])
  assert.deepEqual(tablesIn('', known), [])
})

test('names are quoted where SQL needs it', () => {
  assert.equal(sqlName('census.people'), 'census.people')
  assert.equal(sqlName('sales-eu.2026 orders'), '"sales-eu"."2026 orders"')
  const [sql, iceberg] = snippetsOf({ name: 'census.people', origin: 'http://here', version: { number: 3, snapshot_id: '871' } })
  assert.match(sql!.code, /from census\.people at \(version => 3\)/)
  assert.match(iceberg!.code, /snapshot_id=871/)
})

test('namespaces are a tree, with those above and how much is below', () => {
  assert.deepEqual(
    namespaceTree(['sales.eu', 'census'], ['sales.eu.orders', 'sales.us.orders', 'census.people']).map(({ name, depth, datasets }) => [name, depth, datasets]),
    [
      ['census', 0, 1],
      ['sales', 0, 2],
      ['sales.eu', 1, 1],
      ['sales.us', 1, 1],
    ],
  )
  assert.deepEqual(countWords([['b', 'a'], ['b']]), [
    { word: 'b', count: 2 },
    { word: 'a', count: 1 },
  ])
  assert.deepEqual(wordsOf(' a, b,,a '), ['a', 'b'])
})

test("a file's columns are settled by a mapping, by place where a name does not say which", () => {
  const view = {
    upload: 'u',
    format: 'csv',
    sampled_rows: 1,
    columns: [
      { name: 'id', type: 'long' },
      { name: 'full', type: 'string' },
      { name: '', type: 'string' },
    ],
    preview: [],
    problems: [],
    diff: { fits: false, can_evolve: false, reordered: false, added: ['full'], missing: ['name'], retyped: [], renames: [{ dataset: 'name', file: 'full', likelihood: 0.9 }], text: '' },
  }
  const columns = ['id', 'name']
  assert.deepEqual(
    fatesOf(view, columns, {}).map(({ kind, perhaps }) => [kind, perhaps]),
    [
      ['same', undefined],
      ['new', 'name'],
      ['unnamed', undefined],
    ],
  )
  const mapped = { 1: 'name', 2: '' }
  const fates = fatesOf(view, columns, mapped)
  assert.deepEqual(fates.map(({ kind }) => kind), ['same', 'renamed', 'out'])
  assert.deepEqual(missingOf(fates, columns), [])
  assert.deepEqual(mappingOf(view, mapped), { full: 'name', '#3': null })
})

const edge = (from: string, to: string) => ({ from, to, kind: 'input', first_seen: '', last_seen: '', said_by: '', said_in: '', request_id: '' })
const point = (urn: string, distance: number) => ({ urn, kind: urn.slice(0, urn.indexOf(':')), distance })

test('what leads on from a closed thing is out of sight, unless another way leads there', () => {
  const graph = {
    node: 'dataset:a.b',
    nodes: [point('dataset:a.b', 0), point('run:1', 1), point('run:2', 1), point('model-version:m/1', 2), point('alias:m@live', 3), point('job:x/y', -1), point('external:s3/z', -2)],
    edges: [edge('dataset:a.b', 'run:1'), edge('dataset:a.b', 'run:2'), edge('run:1', 'model-version:m/1'), edge('model-version:m/1', 'alias:m@live'), edge('job:x/y', 'dataset:a.b'), edge('external:s3/z', 'job:x/y')],
    hidden: 0,
    truncated: false,
  }
  const all = shownOf(graph, new Set(), true)
  assert.equal(all.points.length, 7)
  assert.deepEqual([...all.closable].sort(), ['job:x/y', 'model-version:m/1', 'run:1'])
  const closed = shownOf(graph, new Set(['run:1', 'job:x/y']), true)
  assert.deepEqual(closed.points.map(({ urn }) => urn), ['dataset:a.b', 'run:1', 'run:2', 'job:x/y'])
  assert.deepEqual([...closed.behind], [['run:1', 2], ['job:x/y', 1]])
  const round = { ...graph, edges: [...graph.edges, edge('run:2', 'model-version:m/1')] }
  assert.equal(shownOf(round, new Set(['run:1']), true).behind.get('run:1'), 0)
})

test('columns that are not drawn still join what they lead to', () => {
  const graph = {
    node: 'run:1',
    nodes: [point('run:1', 0), point('column:a.b#x', -1), point('dataset:a.b', -2), point('columns:a.b', -1)],
    edges: [edge('column:a.b#x', 'run:1'), edge('dataset:a.b', 'columns:a.b'), edge('columns:a.b', 'run:1')],
    hidden: 0,
    truncated: false,
  }
  const { points, edges } = shownOf(graph, new Set(), false)
  assert.deepEqual(points.map(({ urn }) => urn), ['run:1', 'dataset:a.b'])
  assert.deepEqual(edges.map(({ from, to }) => [from, to]), [['dataset:a.b', 'run:1']])
})

test('things are called what people call them', () => {
  assert.deepEqual([thingOf('snapshot:a.b@871').dataset, thingOf('snapshot:a.b@871').snapshot], ['a.b', '871'])
  assert.equal(thingOf('alias:churn@champion').label, 'champion')
  assert.equal(thingOf('external:s3/s3://bucket/x/y.parquet').label, 'y.parquet')
  assert.equal(thingOf('model-version:churn/3').hint, 'version 3')
})

test('keys go to the nearest thing ahead', () => {
  const places = new Map([
    ['a', { x: 0, y: 0 }],
    ['b', { x: 200, y: 10 }],
    ['c', { x: 200, y: 300 }],
    ['d', { x: 0, y: 60 }],
  ])
  assert.equal(stepTo('ArrowRight', 'a', places), 'b')
  assert.equal(stepTo('ArrowDown', 'a', places), 'd')
  assert.equal(stepTo('ArrowLeft', 'a', places), undefined)
  assert.equal(stepTo('ArrowDown', 'b', places), 'c')
})

test('a chart is chosen by types, and rows become its figure', () => {
  const columns = [
    { name: 'day', type: 'DATE' },
    { name: 'n', type: 'BIGINT' },
    { name: 'name', type: 'VARCHAR' },
  ]
  assert.deepEqual(chartFor(columns, 10), { kind: 'line', x: 0, ys: [1] })
  assert.deepEqual(chartFor(columns.slice(1), 10), { kind: 'bar', x: 1, ys: [0] })
  assert.deepEqual(chartFor(columns.slice(1, 2), 10), { kind: 'histogram', x: 0, ys: [] })
  assert.equal(chartFor(columns.slice(2), 10), undefined)
  const figure = figureFor({ kind: 'line', x: 0, ys: [1] }, columns, [
    ['2026-02-01', 2, 'b'],
    ['2026-01-01', '9007199254740993', 'a'],
  ]) as { data: { x: unknown[]; y: unknown[] }[] }
  assert.deepEqual(figure.data[0]!.x, ['2026-01-01', '2026-02-01'])
  assert.equal(figure.data[0]!.y[1], 2)
})

test('cells are sorted as numbers, nulls last both ways', () => {
  const sorted = (cells: unknown[], sign: 1 | -1) => [...cells].sort((a, b) => compareCells(a, b, sign))
  assert.deepEqual(sorted([10, null, 9, 'Infinity'], 1), [9, 10, 'Infinity', null])
  assert.deepEqual(sorted([10, null, 9], -1), [10, 9, null])
  assert.deepEqual(sorted(['b', 'a', null], 1), ['a', 'b', null])
})

const column = (more: object) => ({ field_id: 1, name: 'x', type: 'long', count: 100, nulls: 0, ...more })

test('bars are values where all of them are known, else a histogram', () => {
  const top = [
    { value: 'f', count: 60 },
    { value: 'm', count: 40 },
  ]
  assert.deepEqual(barsOf(column({ top, all_values_known: true, distinct: { estimate: 2 } })), { values: ['f', 'm'], counts: [60, 40] })
  const histogram = { edges: [0, 5, 10], counts: [70, 30] }
  assert.deepEqual(barsOf(column({ top, all_values_known: false, distinct: { estimate: 900 }, histogram })), { counts: [70, 30] })
  assert.equal(barsOf(column({})), undefined)
})

test('two versions get bars that stand for the same', () => {
  const known = (values: [string, number][]) => column({ top: values.map(([value, count]) => ({ value, count })), all_values_known: true, distinct: { estimate: values.length } })
  assert.deepEqual(pairedBars(known([['a', 5]]), known([['b', 7], ['a', 1]])), [
    { values: ['a', 'b'], counts: [5, 0] },
    { values: ['a', 'b'], counts: [1, 7] },
  ])
  const [left, right] = pairedBars(column({ histogram: { edges: [0, 10], counts: [100] } }), column({ histogram: { edges: [10, 20], counts: [100] } }))
  const sum = (counts: readonly number[]) => Math.round(counts.reduce((all, each) => all + each, 0))
  assert.deepEqual([sum(left!.counts.slice(0, 10)), sum(left!.counts.slice(10)), sum(right!.counts.slice(0, 10)), sum(right!.counts.slice(10))], [100, 0, 0, 100])
  assert.equal(placeOf('2026-01-01 00:00:00'), Date.UTC(2026, 0, 1))
  assert.equal(sum(spread([0, 1, 3], [4, 6], -1, 7)), 10)
})
