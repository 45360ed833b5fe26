import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnField, columnId, columnLabel, nextOrder, parseColumn, parseOrder } from '../../src/lib/columns.ts'

test('columns are written as in a filter', () => {
  assert.deepEqual(parseColumn('metrics.loss'), { id: 'metrics.loss', kind: 'metric', key: 'loss' })
  assert.deepEqual(parseColumn('metrics.loss.min'), { id: 'metrics.loss.min', kind: 'metric', key: 'loss', part: 'min' })
  assert.deepEqual(parseColumn('metrics.`loss.min`'), { id: 'metrics.`loss.min`', kind: 'metric', key: 'loss.min' })
  assert.deepEqual(parseColumn('metrics.`loss.min`.max'), { id: 'metrics.`loss.min`.max', kind: 'metric', key: 'loss.min', part: 'max' })
  assert.deepEqual(parseColumn('params.depth.max'), { id: 'params.depth.max', kind: 'param', key: 'depth.max' })
  assert.deepEqual(parseColumn('start_time'), { id: 'start_time', kind: 'attribute', key: 'start_time' })
  for (const nothing of ['loss', 'metrics.', 'models.x', '', 'metrics']) assert.equal(parseColumn(nothing), undefined, nothing)
})

test('a key makes a column that reads back as itself', () => {
  for (const key of ['loss', 'a.b', 'val.min', 'system/cpu %', 'x`y', 'größe', '1st', 'a b.max']) {
    for (const kind of ['metric', 'param', 'tag'] as const) {
      const column = parseColumn(columnId(kind, key))
      assert.equal(column?.key, key)
      assert.equal(column?.kind, kind)
      assert.equal(column?.part, undefined)
    }
    assert.equal(parseColumn(columnId('metric', key, 'max'))?.part, 'max')
    assert.equal(parseColumn(columnId('metric', key, 'max'))?.key, key)
  }
})

test('only what MLflow can order by is orderable', () => {
  assert.equal(columnField(parseColumn('metrics.loss')!), 'metrics.loss')
  assert.equal(columnField(parseColumn('metrics.loss.min')!), undefined)
  assert.equal(columnField(parseColumn('duration')!), undefined)
  assert.equal(columnField(parseColumn('tags.`a b`')!), 'tags.`a b`')
  assert.equal(columnLabel(parseColumn('metrics.loss.min')!), 'loss min')
})

test('a header is clicked three times', () => {
  const first = nextOrder(undefined, 'metrics.loss', true)
  assert.equal(first, 'metrics.loss DESC')
  const second = nextOrder(first, 'metrics.loss', true)
  assert.equal(second, 'metrics.loss ASC')
  assert.equal(nextOrder(second, 'metrics.loss', true), undefined)
  assert.equal(nextOrder(first, 'params.lr', false), 'params.lr ASC')
  assert.deepEqual(parseOrder('metrics.`a b` desc'), { field: 'metrics.`a b`', descending: true })
})
