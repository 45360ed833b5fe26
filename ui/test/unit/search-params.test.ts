import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessSearch, chartSearch, parseSearch, rangeOf, returnPath, runSearch, runsSearch, stringifySearch } from '../../src/lib/search-params.ts'

test('the state of a table survives its URL', () => {
  const state = runsSearch({
    filter: "metrics.`a b` < 0.5 and params.x = 'é&=+'",
    order: 'metrics.loss DESC',
    column: ['metrics.loss', 'params.lr', 'metrics.`x.min`.min'],
    run: ['a', 'b'],
    stage: 'archived',
  })
  assert.deepEqual(runsSearch(parseSearch(stringifySearch({ ...state }).slice(1))), state)
})

test('one value or several are both lists where a list is meant', () => {
  assert.deepEqual(runsSearch(parseSearch('column=metrics.loss')).column, ['metrics.loss'])
  assert.deepEqual(runsSearch(parseSearch('column=a&column=b&column=a')).column, ['a', 'b'])
})

test('what is unset is not in the URL', () => {
  assert.equal(stringifySearch({ filter: undefined, run: [], log: false, metric: '' }), '')
  assert.equal(stringifySearch({ log: true }), '?log=1')
})

test('URLs stay readable', () => {
  assert.equal(stringifySearch({ column: ['metrics.loss', 'params.lr'], zoom: '0,10' }), '?column=metrics.loss&column=params.lr&zoom=0,10')
})

test('nonsense in a URL is left out', () => {
  assert.deepEqual(runSearch(parseSearch('tab=nowhere&smooth=7&zoom=9,1&x=space&log=maybe')), {})
  assert.deepEqual(chartSearch(parseSearch('smooth=0.6&zoom=1,9&x=time&log=1')), { smooth: '0.6', zoom: '1,9', x: 'time', log: true })
  assert.equal(rangeOf('1,NaN'), undefined)
  assert.deepEqual(rangeOf('-5,2.5'), [-5, 2.5])
})

test('signing in leads back to pages of this UI only', () => {
  for (const own of ['/ui/', '/ui/models?q=churn', "/ui/experiments/1?filter=params.x+%3D+'a'", '/ui/model-version?name=a%2Fb&version=3', '/ui/models?q=/../x']) assert.equal(returnPath(own), own)
  for (const other of [undefined, '', '/', '/uix', '/api/x', '//evil.example/ui/', 'https://evil.example/ui/', '/ui/\\evil', '/ui/a\r\nb', 'javascript:alert(1)', '/ui/sign-in', '/ui/sign-in?return=/ui/', '/ui/../api/x', '/ui/a/../../x', '/ui/%2e%2e/x', '/ui/.%2E/auth/oidc/login', '/ui/./sign-in', '/ui/..', `/ui/${'a'.repeat(2000)}`]) assert.equal(returnPath(other), '/ui/')
})

test('the access screen keeps who and what is asked about in its URL', () => {
  const state = accessSearch({ part: 'explain', who: 'ann', on: 'model:churn' })
  assert.equal(stringifySearch({ ...state }), '?part=explain&who=ann&on=model:churn')
  assert.deepEqual(accessSearch(parseSearch('part=nowhere&who=')), {})
})
