import assert from 'node:assert/strict'
import { test } from 'node:test'
import { snippetsOf, sqlName } from '../../src/lib/dataset-code.ts'
import { fatesOf, mappingOf, missingOf } from '../../src/lib/file-mapping.ts'
import { countWords, namespaceTree, wordsOf } from '../../src/lib/namespaces.ts'
import { tablesIn } from '../../src/lib/sql-context.ts'

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
