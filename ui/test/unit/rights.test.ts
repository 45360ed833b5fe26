import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeWords, RIGHTS, summary } from '../../src/lib/rights.ts'

const rights = (...held: string[]) => Object.keys(RIGHTS).map((right) => ({ right, allowed: held.includes(right) }))

test('what somebody may do is one sentence', () => {
  assert.equal(summary('ann', rights()), 'ann may do nothing here.')
  assert.equal(summary('ann', rights('read')), 'ann may read.')
  assert.equal(summary('ann', rights('read', 'approve')), 'ann may read and decide promotions.')
  assert.equal(summary('ann', rights('read', 'write', 'alias')), 'ann may read, write and move aliases.')
  assert.equal(summary('root', rights(...Object.keys(RIGHTS))), 'root may do everything here.')
})

test('places are read as words', () => {
  assert.equal(placeWords('workspace:*'), 'all workspaces')
  assert.equal(placeWords('workspace:team-a'), 'workspace team-a')
  assert.equal(placeWords('model-version:churn: final/3'), 'model version churn: final/3')
})
