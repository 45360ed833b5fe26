import assert from 'node:assert/strict'
import { test } from 'node:test'
import { snippetsOf, sqlName } from '../../src/lib/dataset-code.ts'
import { fatesOf, mappingOf, missingOf } from '../../src/lib/file-mapping.ts'
import { countWords, namespaceTree, wordsOf } from '../../src/lib/namespaces.ts'
import { shownOf, stepTo, thingOf } from '../../src/lib/lineage.ts'
import { tablesIn } from '../../src/lib/sql-context.ts'
import { binningOf, countsSql, profilesOf, stabilityIndex, summariesOf } from '../../src/lib/profile.ts'
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

test('a profile asks for bins that fit its summary, and reads their counts', () => {
  const summaries = summariesOf([
    ['age', 'BIGINT', '0', '100', 90, '40.5', '12', '20', '40', '60', 200, 2.5],
    ['sex', 'VARCHAR', 'f', 'm', 2, null, null, null, null, null, 200, 0],
    ['at', 'TIMESTAMP', '2026-01-01 00:00:00', '2026-01-01 00:01:40', 50, null, null, null, null, null, 200, 0],
    ['id', 'VARCHAR', 'a', 'z', 200, null, null, null, null, null, 200, 0],
    ['void', 'DOUBLE', null, null, 0, null, null, null, null, null, 200, 100],
    ['odd', 'DOUBLE', '-inf', 'inf', 9, null, null, null, null, null, 200, 0],
  ])
  assert.deepEqual([summaries[0]!.mean, summaries[0]!.nulls, summaries[1]!.mean], [40.5, 0.025, null])
  const columns = summaries.map((summary) => ({ summary, binning: binningOf([summary]) }))
  assert.deepEqual(columns.map(({ binning }) => binning?.kind), ['range', 'values', 'range', undefined, undefined, undefined])
  assert.deepEqual(columns[2]!.binning, { kind: 'range', range: [1767225600, 1767225700] })
  const sql = countsSql('a.b t', columns)!
  assert.match(sql, /^select histogram\(least\(19, greatest\(0, cast\(floor\(\(cast\("age" as double\) - 0\) \/ 5\) as integer\)\)\)\) as c0, histogram\(cast\("sex" as varchar\)\) as c1, .*epoch\("at"\).* as c2 from a\.b t$/)
  const profiles = profilesOf(columns, { columns: [{ name: 'c0' }, { name: 'c1' }, { name: 'c2' }], rows: [[{ 0: 3, 19: 1 }, { f: 2, m: 7 }, [{ key: 4, value: 2 }]]] })
  assert.deepEqual([profiles[0]!.bins!.counts[0], profiles[0]!.bins!.counts[19], profiles[0]!.bins!.counts.length], [3, 1, 20])
  assert.deepEqual(profiles[1]!.bins, { values: ['m', 'f'], counts: [7, 2] })
  assert.equal(profiles[2]!.bins!.counts[4], 2)
  assert.equal(profiles[3]!.bins, undefined)
})

test('equal distributions have not shifted, moved ones have', () => {
  assert.equal(stabilityIndex({ counts: [10, 20, 30] }, { counts: [20, 40, 60] }), 0)
  assert.ok(stabilityIndex({ counts: [100, 10, 0] }, { counts: [0, 10, 100] }) > 1)
  assert.equal(stabilityIndex({ values: ['a', 'b'], counts: [5, 5] }, { values: ['b', 'a'], counts: [9, 9] }), 0)
})
