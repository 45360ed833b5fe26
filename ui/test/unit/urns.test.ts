import assert from 'node:assert/strict'
import { test } from 'node:test'
import { auditSearch, trashSearch } from '../../src/lib/admin-search.ts'
import { placeOf } from '../../src/lib/urns.ts'

test('an entity leads to the screen that shows it', () => {
  assert.deepEqual(placeOf('run:8f0c'), { to: '/runs/$id', params: { id: '8f0c' } })
  assert.deepEqual(placeOf('experiment:7'), { to: '/experiments/$id', params: { id: '7' } })
  assert.deepEqual(placeOf('model:a/b: c'), { to: '/model', search: { name: 'a/b: c' } })
  assert.deepEqual(placeOf('model-version:a/b/12'), { to: '/model-version', search: { name: 'a/b', version: '12' } })
  assert.deepEqual(placeOf(`artifact:7/${'0'.repeat(32)}/artifacts/a.txt`), { to: '/runs/$id', params: { id: '0'.repeat(32) } })
})

test('what has no screen leads nowhere', () => {
  for (const urn of ['ledger:events', 'user:ann', 'run:', 'nothing', 'model-version:x', 'experiment:x']) assert.equal(placeOf(urn), undefined, urn)
})

test('states of the administration are read from their URLs, and what is no state is left out', () => {
  assert.deepEqual(trashSearch({ kind: 'model', item: 'run:1', show: 'space' }), { show: 'space', item: ['run:1'] })
  assert.deepEqual(auditSearch({ actor: 'ann', all: '1', from: '', event: 'a~b' }), { actor: 'ann', all: true, event: 'a~b' })
})
