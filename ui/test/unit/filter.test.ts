import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clauseFor, fieldName, groupClause, joinFilter, parseClause, parseFilter, quoted, withClause } from '../../src/lib/filter.ts'

const texts = (filter: string) => parseFilter(filter).clauses?.map((clause) => clause.text)

test('a filter is split at its ands', () => {
  assert.deepEqual(texts("metrics.loss < 0.5 and params.model = 'tree' AND tags.team != \"a\""), ['metrics.loss < 0.5', "params.model = 'tree'", 'tags.team != "a"'])
})

test('an and inside quotes, names or words splits nothing', () => {
  assert.deepEqual(texts("params.a = 'this and that'"), ["params.a = 'this and that'"])
  assert.deepEqual(texts('metrics.`a and b` > 1'), ['metrics.`a and b` > 1'])
  assert.deepEqual(texts("params.brand = 'x' and tags.android = 'y'"), ["params.brand = 'x'", "tags.android = 'y'"])
})

test('lists and presence are clauses', () => {
  assert.deepEqual(texts("attributes.run_id IN ('a', 'b') and params.lr IS NOT NULL"), ["attributes.run_id IN ('a', 'b')", 'params.lr IS NOT NULL'])
})

test('chips and text are the same thing', () => {
  for (const filter of ["metrics.loss < 0.5 and params.model = 'a and b'", 'metrics.`x y` >= -1e-3', "attributes.status = 'RUNNING'"]) {
    assert.equal(joinFilter(parseFilter(filter).clauses!), filter)
  }
})

test('what cannot be split is told', () => {
  assert.match(parseFilter('metrics.loss').problem!, /metrics\.loss.*is no clause/)
  assert.match(parseFilter('metrics.loss < 1 and').problem!, /missing/)
  assert.equal(parseFilter("params.a = 'open and tags.b = 1").clauses?.length, 1)
})

test('a clause tells its parts', () => {
  assert.deepEqual(parseClause("tags.`a b` not  like '%x%'"), { text: "tags.`a b` not  like '%x%'", field: 'tags.`a b`', comparator: 'NOT LIKE', value: '%x%' })
  assert.equal(parseClause('crane'), undefined)
  assert.equal(parseClause('params.lr ='), undefined)
  assert.equal(parseClause('params.lr IS NULL 3'), undefined)
})

test('a clause is added once, and an equality replaces the one before', () => {
  assert.equal(withClause('', "params.a = '1'"), "params.a = '1'")
  assert.equal(withClause("params.a = '1'", "params.a = '1'"), "params.a = '1'")
  assert.equal(withClause("params.a = '1' and metrics.m < 2", "params.a = '2'"), "metrics.m < 2 and params.a = '2'")
  assert.equal(withClause('metrics.m > 1', 'metrics.m <= 3'), 'metrics.m > 1 and metrics.m <= 3')
})

test('names are quoted where the grammar needs it', () => {
  assert.equal(fieldName('metrics', 'loss'), 'metrics.loss')
  assert.equal(fieldName('metrics', 'val.loss'), 'metrics.val.loss')
  assert.equal(fieldName('metrics', 'system/cpu %'), 'metrics.`system/cpu %`')
  assert.equal(fieldName('tags', 'a`b'), 'tags."a`b"')
})

test('a group is found by its value, or by a pattern when the value cannot be said', () => {
  assert.equal(groupClause('params.a', null), 'params.a IS NULL')
  assert.equal(groupClause('params.a', ''), "params.a = ''")
  assert.equal(groupClause('params.a', "it's"), 'params.a = "it\'s"')
  assert.equal(groupClause('params.a', `"it's"`), `params.a LIKE '"it_s"'`)
  const long = '😀'.repeat(250)
  assert.equal(groupClause('params.a', long), `params.a = '${long}'`)
  assert.equal(groupClause('params.a', `${long}…`), `params.a LIKE '${long}%'`)
  assert.equal(groupClause('params.a', 'short …'), "params.a = 'short …'")
})

test('values are quoted by the quote they lack', () => {
  assert.equal(quoted('plain'), "'plain'")
  assert.equal(quoted("it's"), '"it\'s"')
  assert.equal(quoted(`"it's"`), `'"it_s"'`)
  assert.equal(clauseFor('metrics.loss', '<=', 0.25), 'metrics.loss <= 0.25')
})
