import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runsSearch } from '../../src/lib/search-params.ts'
import { groupKey, groupValue, lowIsBetter, searchOf, stateOf, touchesState } from '../../src/lib/views.ts'

test('a view keeps the table and not what is ticked in it', () => {
  const search = runsSearch({ filter: "params.x = 'a&b'", column: ['metrics.loss', 'params.lr'], group: 'params.lr', group_order: 'runs ASC', best: 'metrics.loss', better: 'low', run: ['a'], open: ['=1'], view: 'v', changed: '1' })
  const state = stateOf(search)
  assert.doesNotMatch(state, /run=|open=|view=|changed=/)
  const back = searchOf(state)
  assert.equal(stateOf(back), state)
  assert.equal(back.filter, search.filter)
  assert.deepEqual(back.column, search.column)
  assert.ok('order' in back && back.order === undefined, 'what was there before goes')
  assert.equal(stateOf({}), '')
})

test('only what a view keeps is a change to it', () => {
  assert.ok(touchesState({ filter: undefined }))
  assert.ok(!touchesState({ run: ['a'], open: undefined }))
})

test('a group in an address is its value or none', () => {
  for (const value of ['0.1', '', 'none', '=', null]) assert.equal(groupValue(groupKey(value)), value)
})

test('losses and errors are better low', () => {
  for (const name of ['loss', 'val/RMSE', 'test_error', 'latency_ms']) assert.ok(lowIsBetter(name), name)
  for (const name of ['auc', 'accuracy', 'f1', 'reward']) assert.ok(!lowIsBetter(name), name)
})
